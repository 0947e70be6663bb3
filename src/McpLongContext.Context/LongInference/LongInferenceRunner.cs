using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;

namespace McpLongContext.Context.LongInference;

/// <summary>
/// Reads long texts through a model of limited window, window by window: one document is in RAM at a time, with the
/// results of its windows and what one window needs.
/// </summary>
internal sealed class LongInferenceRunner(InferenceSources sources, DecoderProvider decoders, TimeProvider time)
{
    private const int Remembered = 8;

    /// <summary>Canceled requests, oldest first: the same request continues after them.</summary>
    private readonly List<InferenceResults> _cancelled = [];

    /// <summary>Reads texts window by window.</summary>
    /// <inheritdoc cref="Memories.IMemory.InferAsync"/>
    public async Task<LongInferenceReport> RunAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        Check(request);
        var (texts, overlap) = sources.Select(request);
        using var lease = await decoders.LeaseAsync(request.Model, cancellation);
        var limits = WindowLimits.Of(request, lease.Decoder, overlap);
        var identity = Identify(request, lease.Decoder, limits, texts);
        var cursor = InferenceCursor.Of(request.Cursor, identity);
        using var mode = CreateMode(request, lease.Decoder, limits);
        var results = (request.Cursor is null ? Recall(identity) : null) ?? new InferenceResults { Next = cursor };

        var state = await RunAsync(request, texts, mode, lease.Decoder, results, progress, cancellation);
        if (state == InferenceState.Cancelled)
        {
            Remember(results);
        }

        return results.Report(request, lease.Decoder.Name, limits, mode, state);
    }

    private async Task<InferenceState> RunAsync(
        LongInferenceRequest request,
        IReadOnlyList<InferenceSource> texts,
        IWindowMode mode,
        LoadedDecoder decoder,
        InferenceResults results,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        var start = time.GetTimestamp();
        var most = results.Count + (long)(request.MaxWindows ?? int.MaxValue);
        var done = results.Count;
        for (var number = results.Next.Document; number < texts.Count; number++)
        {
            var source = texts[number];
            // Removed since it was selected: nothing to read.
            if (source.Read() is { } content)
            {
                var text = await Task.Run(
                    () => new TokenText(source.Path, content, decoder.Tokenizer, source.Cite),
                    CancellationToken.None
                );
                var plan = mode.Plan(text.Tokens.Length);
                for (var index = results.Next.Window; index < plan.Count; index++)
                {
                    if (cancellation.IsCancellationRequested)
                    {
                        return InferenceState.Cancelled;
                    }

                    if (results.Count >= most || (results.Count > done && time.GetElapsedTime(start) >= request.Wait))
                    {
                        return InferenceState.Paused;
                    }

                    var (path, documents) = (source.Path, texts.Count);
                    var (document, window) = (number + 1, index + 1);
                    Tell(0);
                    var began = time.GetTimestamp();
                    var result = await mode.RunAsync(text, plan[index], Tell, cancellation);
                    if (result.Covered > 0)
                    {
                        results.Add(text, plan[index], result, time.GetElapsedTime(began).TotalSeconds);
                    }

                    if (result.Partial)
                    {
                        return InferenceState.Cancelled;
                    }

                    results.Next = results.Next with { Window = index + 1 };

                    void Tell(int written) =>
                        progress?.Report(new(path, document, documents, window, plan.Count, written, results.Last));
                }
            }

            results.Next = results.Next with { Document = number + 1, Window = 0 };
        }

        return InferenceState.Complete;
    }

    private static IWindowMode CreateMode(LongInferenceRequest request, LoadedDecoder decoder, WindowLimits limits) =>
        request.Mode switch
        {
            InferenceMode.Score => new ScoreMode(decoder, limits),
            InferenceMode.Generate => new GenerateMode(decoder, limits, request.Wrote),
            _ => new MapMode(decoder, limits, request.Instruction!),
        };

    private static void Check(LongInferenceRequest request)
    {
        if (request.Mode == InferenceMode.Map && string.IsNullOrWhiteSpace(request.Instruction))
        {
            throw new ContextException("instruction: missing; mode map needs to be told what to do with each window.");
        }

        if (request.Mode != InferenceMode.Map && request.Instruction is not null)
        {
            throw new ContextException(
                "instruction: only mode map follows one, and generate from a memory; leave it out, or use mode map."
            );
        }

        if (request.Mode == InferenceMode.Score && request.MaxNewTokens is not null)
        {
            throw new ContextException("max_new_tokens: mode score writes nothing; leave it out.");
        }

        Limits.RequireWait(request.Wait);
        if (request.MaxWindows < 1)
        {
            throw new ContextException($"max_windows: {request.MaxWindows} is out of range; use 1 or more.");
        }
    }

    private static ulong Identify(
        LongInferenceRequest request,
        LoadedDecoder decoder,
        WindowLimits limits,
        IReadOnlyList<InferenceSource> texts
    ) =>
        InferenceCursor.Identify([
            request.Mode.ToString(),
            request.Instruction ?? "",
            decoder.Key,
            limits.ToString(),
            .. texts.SelectMany(text => new[] { text.Path, text.Key }),
        ]);

    private InferenceResults? Recall(ulong identity)
    {
        lock (_cancelled)
        {
            var found = _cancelled.Find(results => results.Next.Request == identity);
            if (found is not null)
            {
                _cancelled.Remove(found);
                found.DropPartial();
            }

            return found;
        }
    }

    private void Remember(InferenceResults results)
    {
        lock (_cancelled)
        {
            _cancelled.Add(results);
            if (_cancelled.Count > Remembered)
            {
                _cancelled.RemoveAt(0);
            }
        }
    }
}
