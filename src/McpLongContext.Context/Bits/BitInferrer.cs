using System.Collections.Concurrent;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.LongInference;
using McpLongContext.Inference;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Context.Bits;

/// <summary>
/// Reads bits or a file of any size through a bit model, in overlapping causal windows that cover every bit once. In RAM
/// are the windows of a batch with their probabilities, at most <see cref="MostBatchBits"/> a processor or a window each,
/// whatever the size of the file.
/// </summary>
internal sealed class BitInferrer(BitModels models, AllowedRoots roots, TimeProvider time)
{
    private const int DefaultTop = 10;

    /// <summary>
    /// Bits a processor of the windows between two reports of progress, at most; a longer window is one a processor.
    /// </summary>
    private const int MostBatchBits = 1 << 16;
    private const int MostTop = 1000;

    /// <summary>
    /// Reads a stream. Canceling does not throw once the first window is begun: the report has what was done, and the
    /// same request with the report's cursor continues after it.
    /// </summary>
    /// <param name="request">The bits or the file.</param>
    /// <param name="progress">Told about the windows that are begun.</param>
    /// <param name="cancellation">Stops between blocks of bits.</param>
    /// <exception cref="ContextException">An argument is not valid, or no model is installed.</exception>
    /// <exception cref="ModelException">The model is damaged.</exception>
    public async Task<LongInferenceReport> InferAsync(
        LongInferenceRequest request,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        Check(request);
        // The file is opened first: a wrong path costs no model.
        using var file = request.File is { } path ? new FileBits(roots.Narrow(request.Roots), path) : null;
        var defaults = models.Defaults();
        var model = models.Load(request.Model, defaults is { Quantize: true } ? Precision.Int8 : Precision.Float32);
        var config = model.Model.Config;
        IBitSource source = file is not null ? file : new GivenBits(request.Bits!, config.Parity);
        var runs = config.RunLength
            ? await Task.Run(() => new RunLengthBits(source, cancellation), cancellation)
            : null;
        var stream = runs ?? source;
        var plan = BitWindowPlan.Of(request, model, stream.Length, defaults?.MaxSeqLen);
        var identity = InferenceCursor.Identify([source.Key, model.Key, plan.ToString()]);
        var cursor = InferenceCursor.Of(request.Cursor, identity);
        if (cursor.Window >= plan.Count)
        {
            throw new ContextException("cursor: it is beyond the end; leave it out to begin anew.");
        }

        var results = new BitResults(source, runs, plan, config.BitsPerByte, cursor.Window, request);
        var began = time.GetTimestamp();
        var state = await Task.Run(
            () => Run(request, model, stream, plan, cursor.Window, results, progress, cancellation),
            CancellationToken.None
        );
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        return new LongInferenceReport
        {
            Mode = InferenceMode.Score,
            Model = model.Name,
            State = state,
            Window = plan.CtxBits,
            OverlapTokens = plan.OverlapBits,
            Windows = [],
            Tokens = results.CoveredBits,
            BitStream = results.Report(request.Top ?? DefaultTop),
            Seconds = seconds,
            TokensPerSecond = seconds > 0 ? results.CoveredBits / seconds : 0,
            NextCursor =
                state == InferenceState.Complete
                    ? null
                    : (cursor with { Window = cursor.Window + results.Count }).ToString(),
        };
    }

    private InferenceState Run(
        LongInferenceRequest request,
        LoadedBitModel model,
        IBitSource source,
        BitWindowPlan plan,
        int first,
        BitResults results,
        IProgress<LongInferenceProgress>? progress,
        CancellationToken cancellation
    )
    {
        var start = time.GetTimestamp();
        var most = request.MaxWindows ?? int.MaxValue;
        var readers = new ConcurrentBag<BitWindowReader>();
        var batch = Environment.ProcessorCount;
        while (first + results.Count < plan.Count)
        {
            var next = first + results.Count;
            var elapsed = time.GetElapsedTime(start);
            var isLate = elapsed >= request.Wait;
            if (results.Count >= most || (results.Count > 0 && isLate))
            {
                return InferenceState.Paused;
            }

            progress?.Report(
                new(source.Path, 1, 1, next + 1, plan.Count, 0, Last: null)
                {
                    Remaining = results.Count > 0 ? elapsed * ((double)(plan.Count - next) / results.Count) : null,
                }
            );
            // One window is done however little time there is.
            var count = isLate ? 1 : Math.Min(batch, Math.Min(plan.Count - next, most - results.Count));
            var windows = new ReadWindow?[count];
            var isCanceled = !Read(
                windows,
                readers,
                model,
                source,
                plan,
                next,
                () => !isLate && time.GetElapsedTime(start) >= request.Wait,
                cancellation
            );
            foreach (var window in windows.TakeWhile(window => window is not null))
            {
                results.Add(window!);
            }

            if (isCanceled)
            {
                return InferenceState.Cancelled;
            }

            // Threads wait for each other at the end of a batch: it grows until that costs little.
            batch = Math.Max(batch, Math.Min(2 * batch, Environment.ProcessorCount * MostBatchBits / plan.CtxBits));
        }

        return InferenceState.Complete;
    }

    /// <summary>
    /// Reads successive windows, several at a time and begun in order; those that canceling or the end of the time left
    /// out stay null.
    /// </summary>
    /// <returns>Whether it was not canceled.</returns>
    private static bool Read(
        ReadWindow?[] windows,
        ConcurrentBag<BitWindowReader> readers,
        LoadedBitModel model,
        IBitSource source,
        BitWindowPlan plan,
        int first,
        Func<bool> isOver,
        CancellationToken cancellation
    )
    {
        var begun = 0;
        try
        {
            Parallel.For(
                0,
                windows.Length,
                new ParallelOptions
                {
                    CancellationToken = cancellation,
                    MaxDegreeOfParallelism = Environment.ProcessorCount,
                },
                _ =>
                {
                    if (isOver())
                    {
                        return;
                    }

                    // The loop deals out ranges: of those, what is done at its end would have gaps.
                    var i = Interlocked.Increment(ref begun) - 1;
                    var reader = readers.TryTake(out var free) ? free : new BitWindowReader(model.Model, source);
                    windows[i] = reader.Read(plan[first + i], cancellation);
                    readers.Add(reader);
                }
            );
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (AggregateException failures)
            when (failures.Flatten().InnerExceptions.OfType<ContextException>().FirstOrDefault() is { } failure)
        {
            throw new ContextException(failure.Message, failures);
        }
    }

    private static void Check(LongInferenceRequest request)
    {
        switch (request)
        {
            case { Bits: not null, File: not null }:
                throw new ContextException("bits, file: both were given; give one of them.");
            case { Text: not null } or { Document: not null } or { Datastore: not null } or { PathGlob: not null }:
                throw new ContextException(
                    "text, document, datastore, path_glob: a bit model reads bits or a file alone; leave them out."
                );
            case { Mode: not InferenceMode.Score }:
                throw new ContextException(
                    $"mode: {request.Mode.ToString().ToLowerInvariant()} is of texts; bits and files are scored: leave it "
                        + "out, or use score."
                );
            case { Instruction: not null } or { Memory: not null } or { MaxNewTokens: not null }:
                throw new ContextException(
                    "instruction, memory, max_new_tokens: nothing is written from bits or a file; leave them out."
                );
            case { Window: not null } or { Overlap: not null }:
                throw new ContextException(
                    "window, overlap: they are of tokens; bits and files have ctx_bits and overlap_bits."
                );
        }

        Limits.RequireWait(request.Wait);
        Limits.Require("top", request.Top ?? DefaultTop, 1, MostTop);
        if (request.MaxWindows < 1)
        {
            throw new ContextException($"max_windows: {request.MaxWindows} is out of range; use 1 or more.");
        }

        Limits.Require(nameof(request.ListedWindows), request.ListedWindows, 0, Limits.MaxCallWindows);
    }
}
