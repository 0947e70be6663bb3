using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Context.LongInference;

/// <summary>The sizes of a request's windows, checked against its model.</summary>
/// <param name="Window">Tokens that the model reads and writes in a window.</param>
/// <param name="Overlap">Share of a window's text that the window before has covered.</param>
/// <param name="MaxNewTokens">Most tokens to write in a window; 0 where nothing is written.</param>
internal sealed record WindowLimits(int Window, double Overlap, int MaxNewTokens)
{
    private const int SmallestWindow = 32;
    private const int LargestDefault = 4096;
    private const int DefaultNewTokens = 128;

    /// <summary>Checks a request and fills in what it leaves open.</summary>
    /// <param name="request">The request.</param>
    /// <param name="decoder">The model.</param>
    /// <param name="overlap">The overlap where the request has none.</param>
    /// <exception cref="ContextException">A number is out of range; the message names it and the remedy.</exception>
    public static WindowLimits Of(LongInferenceRequest request, LoadedDecoder decoder, double overlap)
    {
        var trained = decoder.Window;
        var window = request.Window ?? Math.Min(trained, LargestDefault);
        var least = Math.Min(SmallestWindow, trained);
        if (window < least || window > trained)
        {
            throw new ContextException(
                $"window: {window} is out of range; use {least} to {trained}, the window of {decoder.Name}; expand_positional_encoding makes it longer."
            );
        }

        if (request.Overlap is { } given && !(given is >= 0 and <= ChunkSettings.MaxOverlap))
        {
            throw new ContextException($"overlap: {given} is out of range; use 0 to {ChunkSettings.MaxOverlap}.");
        }

        if (request.MaxNewTokens is < 1 or > Limits.MaxNewTokens)
        {
            throw new ContextException(
                $"max_new_tokens: {request.MaxNewTokens} is out of range; use 1 to {Limits.MaxNewTokens}."
            );
        }

        var newTokens =
            request.Mode == InferenceMode.Score
                ? 0
                : request.MaxNewTokens ?? Math.Max(1, Math.Min(DefaultNewTokens, window / 4));
        return new WindowLimits(window, request.Overlap ?? overlap, newTokens);
    }

    /// <summary>Tokens of text that a window holds beside what is written and what goes around it.</summary>
    /// <param name="around">Tokens that go around the text.</param>
    /// <param name="least">The fewest that make sense.</param>
    /// <param name="what">The part that takes the room, for the message.</param>
    /// <exception cref="ContextException">There is no room.</exception>
    public int RoomBeside(int around, int least, string what)
    {
        var room = Window - around - MaxNewTokens;
        return room >= least
            ? room
            : throw new ContextException(
                $"max_new_tokens: {MaxNewTokens} written tokens and {around} of {what} leave {Math.Max(0, room)} of a "
                    + $"window of {Window} for the text, which needs {least}; lower max_new_tokens, raise window, or "
                    + "shorten the instruction."
            );
    }
}
