using System.Security.Cryptography;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;

namespace McpLongContext.Context.Summaries;

/// <summary>A request to summarize, checked against its model.</summary>
internal sealed record SummaryTask
{
    private const int SmallestWindow = 16;

    /// <summary>The longest window without learned positions: scores of one head stay within a cache.</summary>
    private const int LargestWindow = 4096;

    /// <summary>The families that were trained with instructions and prefixes.</summary>
    private static readonly string[] s_instructed = ["t5", "mt5"];

    /// <summary>Tokens of a window, its frame included.</summary>
    public required int Window { get; init; }

    /// <summary>The share of a window that others keep.</summary>
    public required double Overlap { get; init; }

    /// <summary>The tokens around every window.</summary>
    public required SourceFrame Frame { get; init; }

    /// <summary>The instruction or prefix of the frame.</summary>
    public required string Prefix { get; init; }

    /// <summary>The first layer that retrieves.</summary>
    public required int LayerBegin { get; init; }

    /// <summary>Whether anything is retrieved; otherwise the first window is all that is read.</summary>
    public required bool Retrieves { get; init; }

    /// <summary>How the summary is searched for.</summary>
    public required BeamSettings Search { get; init; }

    /// <summary>Tokens that a head attends to.</summary>
    public int Top => Math.Min(Window, RetrievalCrossAttention.MaxTop);

    /// <summary>Names what makes the encoder's output, beside the model: equal ones may be kept together.</summary>
    public string Encoding =>
        $"window {Window} overlap {Overlap:0.###} prefix "
        + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Prefix)))[..12];

    /// <summary>Checks a request and fills in what it leaves open.</summary>
    /// <param name="request">The request.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="options">The settings of Unlimiformer.</param>
    /// <exception cref="ContextException">An argument is out of range; the message names it and the remedy.</exception>
    public static SummaryTask Of(LongInferenceRequest request, LoadedEncoderDecoder loaded, UnlimiformerOptions options)
    {
        Check(request, loaded);
        var config = loaded.Model.Config;
        var prefix = request.Instruction is { } instruction ? instruction.Trim() + "\n\n" : loaded.Recommended.Prefix;
        var frame = SourceFrame.Of(config, loaded.Tokenizer.Encode(prefix));
        var name = request.Window is null ? "Unlimiformer:context_window_size" : "window";
        var most = config.RelativePositions is null ? config.MaxPositions : LargestWindow;
        var window = request.Window ?? options.ContextWindowSize ?? Math.Min(config.Window, most);
        if (window < SmallestWindow || window > most)
        {
            throw new ContextException(
                $"{name}: {window} is out of range; use {SmallestWindow} to {most} with {loaded.Name}, which was trained with {config.Window}."
            );
        }

        if (frame.Length > window / 2)
        {
            throw new ContextException(
                $"instruction: {frame.Length} tokens leave less than half of a window of {window} for the text; shorten it."
            );
        }

        if (options.LayerBegin >= config.Decoder.LayerCount)
        {
            throw new ContextException(
                $"Unlimiformer:layer_begin: {options.LayerBegin} is out of range; use 0 to "
                    + $"{config.Decoder.LayerCount - 1}, the layers of {loaded.Name}'s decoder, or nothing for all."
            );
        }

        var longest = Math.Min(config.MaxPositions, Limits.MaxNewTokens);
        if (request.MaxNewTokens >= longest)
        {
            throw new ContextException(
                $"max_new_tokens: {request.MaxNewTokens} is out of range; use 1 to {longest - 1} with {loaded.Name}."
            );
        }

        var length = request.MaxNewTokens + 1 ?? Math.Min(loaded.Recommended.MaxLength, longest);
        return new SummaryTask
        {
            Window = window,
            Overlap = request.Overlap ?? SourceWindow.DefaultOverlap,
            Frame = frame,
            Prefix = prefix,
            LayerBegin = options.LayerBegin ?? 0,
            Retrieves = options.Knn && request.Memory != MemoryKind.Window,
            Search = loaded.Recommended with
            {
                MaxLength = length,
                MinLength = Math.Min(loaded.Recommended.MinLength, length / 2),
            },
        };
    }

    private static void Check(LongInferenceRequest request, LoadedEncoderDecoder loaded)
    {
        if (request.Memory == MemoryKind.Infini)
        {
            throw new ContextException(
                $"memory: infini is a decoder's, and {loaded.Name} is an encoder-decoder, whose cross-attention retrieves "
                    + "from all tokens; leave memory out."
            );
        }

        if (
            request.Instruction is not null
            && (
                string.IsNullOrWhiteSpace(request.Instruction)
                || !s_instructed.Contains(loaded.Model.Config.Architecture)
            )
        )
        {
            throw new ContextException(
                $"instruction: {loaded.Name} ({loaded.Model.Config.Architecture}) follows none; leave it out, or use a T5 model "
                    + "that was trained with instructions, such as google/flan-t5-small."
            );
        }

        if (request.Overlap is { } overlap && overlap is not (>= 0 and <= 0.75))
        {
            throw new ContextException($"overlap: {overlap} is out of range; use 0 to 0.75.");
        }

        if (request.MaxNewTokens is < 1)
        {
            throw new ContextException($"max_new_tokens: {request.MaxNewTokens} is out of range; use 1 or more.");
        }

        Limits.RequireWait(request.Wait);
        if (request.MaxWindows < 1)
        {
            throw new ContextException($"max_windows: {request.MaxWindows} is out of range; use 1 or more.");
        }
    }
}
