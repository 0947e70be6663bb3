using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>A window: the model reads all of its bits, predictions are those of its core.</summary>
/// <param name="First">The first bit, counted from the start of the stream.</param>
/// <param name="Count">Bits read.</param>
/// <param name="Skipped">Bits at the beginning that the window before has covered.</param>
internal readonly record struct BitWindow(long First, int Count, int Skipped);

/// <summary>
/// Slides a window over a stream of bits: every window after the first drops the predictions of its first
/// <see cref="OverlapBits"/>, so that the cores tile the stream.
/// </summary>
/// <param name="TotalBits">Bits of the stream.</param>
/// <param name="CtxBits">Bits of a window.</param>
/// <param name="OverlapBits">Bits that a window shares with the one before, 1 or more.</param>
internal sealed record BitWindowPlan(long TotalBits, int CtxBits, int OverlapBits)
{
    private const int DefaultCtxBits = 4096;
    private const int DefaultOverlapBits = 256;
    private const int LeastCtxBits = 16;

    /// <summary>How many windows.</summary>
    public int Count => (int)(TotalBits <= CtxBits ? 1 : 1 + ((TotalBits - CtxBits + Stride - 1) / Stride));

    private int Stride => CtxBits - OverlapBits;

    /// <summary>A window.</summary>
    public BitWindow this[int index]
    {
        get
        {
            var first = (long)index * Stride;
            return new BitWindow(first, (int)Math.Min(CtxBits, TotalBits - first), index == 0 ? 0 : OverlapBits);
        }
    }

    /// <summary>The plan of a request.</summary>
    /// <param name="request">Names the window, or leaves it to the defaults.</param>
    /// <param name="model">The model.</param>
    /// <param name="bytes">Bytes of the stream.</param>
    /// <param name="measured">The window that this machine was measured for; <see langword="null"/>: 4,096
    /// bits.</param>
    /// <exception cref="ContextException">The window does not fit the model, or the overlap the window.</exception>
    public static BitWindowPlan Of(LongInferenceRequest request, LoadedBitModel model, long bytes, int? measured)
    {
        var config = model.Model.Config;
        var ctx = request.CtxBits ?? Math.Min(measured ?? DefaultCtxBits, config.MaxLength);
        if (ctx < Math.Min(LeastCtxBits, config.MaxLength) || ctx > config.MaxLength)
        {
            throw new ContextException(
                $"ctx_bits: {ctx} is out of range; use {LeastCtxBits} to {config.MaxLength}, the window of {model.Name}; "
                    + "expand_positional_encoding makes it longer."
            );
        }

        var overlap = request.OverlapBits ?? Math.Min(DefaultOverlapBits, ctx / 4);
        if (overlap < 1 || overlap >= ctx)
        {
            throw new ContextException(
                $"overlap_bits: {overlap} is out of range; use 1 to {ctx - 1}, less than the window of {ctx} bits."
            );
        }

        var plan = new BitWindowPlan(bytes * config.BitsPerByte, ctx, overlap);
        return (plan.TotalBits - ctx) / plan.Stride < int.MaxValue - 1
            ? plan
            : throw new ContextException(
                $"overlap_bits: {overlap} of a window of {ctx} makes more windows than can be counted; lower it."
            );
    }
}
