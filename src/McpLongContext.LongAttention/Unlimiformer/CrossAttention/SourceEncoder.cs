using McpLongContext.Inference.EncoderDecoders;

namespace McpLongContext.LongAttention.Unlimiformer.CrossAttention;

/// <summary>
/// Encodes sources of any length in overlapping windows, each within the frame of a source; positions begin anew in
/// every window. The states of the frame are kept once: its beginning from the first window, its end from the last. Not
/// thread-safe.
/// </summary>
public sealed class SourceEncoder : IDisposable
{
    /// <summary>Names the way sources are encoded: states of different ones do not mix.</summary>
    public const int Version = 2;

    private readonly EncoderSession _encoder;
    private readonly SourceFrame _frame;
    private readonly int _hidden;
    private readonly int _room;
    private readonly double _overlap;

    /// <summary>Creates an encoder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="frame">The tokens around every window.</param>
    /// <param name="window">Tokens of a window, the frame included.</param>
    /// <param name="overlap">The share of a window that others keep.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The frame leaves no room, or the model has not so many
    /// positions.</exception>
    public SourceEncoder(
        EncoderDecoder model,
        SourceFrame frame,
        int window,
        double overlap = SourceWindow.DefaultOverlap,
        int? threads = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, model.Config.MaxPositions);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, frame.Length);
        (_frame, _hidden, _room, _overlap) = (frame, model.Config.HiddenSize, window - frame.Length, overlap);
        _encoder = model.CreateEncoder(threads);
    }

    /// <summary>Receives the next states of a source.</summary>
    /// <param name="states">[tokens, hidden].</param>
    /// <param name="window">The windows that are done.</param>
    /// <param name="windows">All windows.</param>
    /// <returns>Whether to go on.</returns>
    public delegate bool Receiver(ReadOnlySpan<float> states, int window, int windows);

    /// <summary>Encodes a source.</summary>
    /// <param name="tokens">The text, 1 token or more.</param>
    /// <param name="keep">Receives the states of frame and text in order, window by window.</param>
    /// <param name="from">
    /// The first token of the text whose state is wanted; 0 gives the beginning of the frame before it, too. Windows that
    /// keep nothing from there on are not computed.
    /// </param>
    public void Encode(ReadOnlySpan<int> tokens, Receiver keep, int from = 0)
    {
        ArgumentNullException.ThrowIfNull(keep);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, tokens.Length);
        var plan = SourceWindow.Plan(tokens.Length, _room, _overlap);
        var states = Array.Empty<float>();
        for (var i = 0; i < plan.Count; i++)
        {
            var window = plan[i];
            var keptEnd = window.KeptFirst + window.KeptCount;
            if (keptEnd <= from)
            {
                continue;
            }

            int[] input = [.. _frame.Before, .. tokens.Slice(window.First, window.Count), .. _frame.After];
            if (states.Length < input.Length * _hidden)
            {
                states = new float[input.Length * _hidden];
            }

            _encoder.Encode(input, states.AsSpan(0, input.Length * _hidden));
            var before = _frame.Before.Count - window.First;
            var first = i == 0 && from == 0 ? 0 : before + Math.Max(window.KeptFirst, from);
            var end = before + keptEnd + (i == plan.Count - 1 ? _frame.After.Count : 0);
            if (!keep(states.AsSpan(first * _hidden, (end - first) * _hidden), i + 1, plan.Count))
            {
                return;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _encoder.Dispose();
}
