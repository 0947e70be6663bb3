using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Training.Modules.EncoderDecoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>
/// Encodes sources as <see cref="SourceEncoder"/> does, in overlapping windows, with gradients through all of them.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="frame">The tokens around every window.</param>
/// <param name="overlap">The share of a window that others keep.</param>
/// <param name="window">Tokens of a window, the frame included; null: those that the model was trained with.</param>
internal sealed class SourceReader(EncoderDecoderModel model, SourceFrame frame, double overlap, int? window = null)
{
    /// <summary>Tokens of a window without its frame.</summary>
    public int Room => (window ?? model.Config.Window) - frame.Length;

    /// <summary>The frame's tokens before a source.</summary>
    public int Before => frame.Before.Count;

    /// <summary>Encodes a source.</summary>
    /// <param name="source">The text's tokens, 1 or more.</param>
    /// <returns>[tokens, hidden], the frame's included.</returns>
    public Tensor Read(ReadOnlySpan<int> source)
    {
        var plan = SourceWindow.Plan(source.Length, Room, overlap);
        var length = frame.Length + plan[0].Count;
        var windows = new List<long>(plan.Count * length);
        foreach (var part in plan)
        {
            int[] tokens = [.. frame.Before, .. source.Slice(part.First, part.Count), .. frame.After];
            windows.AddRange(tokens.Select(token => (long)token));
        }

        var states = model.Encode(tensor(windows.ToArray()).reshape(plan.Count, length));
        return cat([.. plan.Select((part, i) => Kept(states[i], part, i == 0, i == plan.Count - 1))]);
    }

    private Tensor Kept(Tensor states, SourceWindow part, bool isFirst, bool isLast)
    {
        var first = isFirst ? 0 : Before + part.KeptFirst - part.First;
        var end = Before + part.KeptFirst + part.KeptCount - part.First + (isLast ? frame.After.Count : 0);
        return states.narrow(0, first, end - first);
    }
}
