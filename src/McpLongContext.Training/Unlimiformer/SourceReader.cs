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

    /// <summary>Encodes sources, all windows of one length at once.</summary>
    /// <param name="sources">The tokens of each text, 1 or more.</param>
    /// <returns>Of each [tokens, hidden], the frame's included.</returns>
    public IReadOnlyList<Tensor> Read(IReadOnlyList<int[]> sources)
    {
        var plans = sources.Select(source => SourceWindow.Plan(source.Length, Room, overlap)).ToList();
        var read = new Dictionary<(int Source, int Window), Tensor>();
        var all = plans.SelectMany(
            (plan, i) => plan.Select((part, j) => (Source: i, Window: j, part.First, part.Count))
        );
        foreach (var alike in all.GroupBy(one => one.Count))
        {
            var windows = alike.ToList();
            long[] tokens = [.. windows.SelectMany(one => Framed(sources[one.Source].AsSpan(one.First, one.Count)))];
            var states = model.Encode(tensor(tokens).reshape(windows.Count, -1));
            for (var i = 0; i < windows.Count; i++)
            {
                read.Add((windows[i].Source, windows[i].Window), states[i]);
            }
        }

        return [.. plans.Select((plan, i) => Whole(plan, j => read[(i, j)]))];
    }

    private IEnumerable<long> Framed(ReadOnlySpan<int> tokens)
    {
        int[] framed = [.. frame.Before, .. tokens, .. frame.After];
        return framed.Select(token => (long)token);
    }

    /// <summary>Puts together what is kept of the windows of a source.</summary>
    private Tensor Whole(IReadOnlyList<SourceWindow> plan, Func<int, Tensor> statesOf) =>
        cat([.. plan.Select((part, i) => Kept(statesOf(i), part, i == 0, i == plan.Count - 1))]);

    private Tensor Kept(Tensor states, SourceWindow part, bool isFirst, bool isLast)
    {
        var first = isFirst ? 0 : Before + part.KeptFirst - part.First;
        var end = Before + part.KeptFirst + part.KeptCount - part.First + (isLast ? frame.After.Count : 0);
        return states.narrow(0, first, end - first);
    }
}
