using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using McpLongContext.Inference.Bert;

namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>
/// Encodes texts of any length through an encoder of a fixed window, on all cores: Unlimiformer's chunked encoding. The
/// states come out in the order of the texts, while memory holds one batch a worker. Thread-safe.
/// </summary>
/// <param name="encoder">The encoder; must outlive this object.</param>
/// <param name="workers">Threads that encode at a time; one a core unless given.</param>
public sealed class ChunkedEncoder(BertEncoder encoder, int? workers = null)
{
    private readonly int _workers = Math.Max(1, workers ?? Environment.ProcessorCount);
    private readonly ConcurrentBag<EncodingBatch> _batches = [];

    /// <summary>The encoder.</summary>
    public BertEncoder Encoder => encoder;

    /// <summary>Encodes sequences.</summary>
    /// <param name="sequences">The texts; taken one by one as encoding proceeds, never two at a time.</param>
    /// <param name="chunking">How they are cut.</param>
    /// <param name="handler">
    /// Takes the states, never two calls at a time. An empty sequence has none. When it throws, encoding ends with that
    /// exception.
    /// </param>
    /// <param name="progress">Told how many tokens have been handed over.</param>
    /// <param name="cancellationToken">Ends the work behind the batches under way.</param>
    /// <exception cref="ArgumentException">The chunking or a sequence's prefix does not fit the encoder.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public async Task EncodeAsync(
        IEnumerable<TokenSequence> sequences,
        Chunking chunking,
        EncodedStretchHandler handler,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        Check(chunking);
        using var windows = Windows(sequences, chunking).GetEnumerator();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queue = new BatchQueue(windows);
        var delivered = 0L;
        ExceptionDispatchInfo? failure = null;

        await Task.WhenAll(Enumerable.Range(0, _workers).Select(_ => Task.Run(WorkAsync, CancellationToken.None)));
        cancellationToken.ThrowIfCancellationRequested();
        failure?.Throw();

        async Task WorkAsync()
        {
            if (!_batches.TryTake(out var batch))
                batch = new EncodingBatch(encoder);
            try
            {
                while (queue.TryFill(batch, out var turn))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    batch.Encode();
                    await turn.Before.WaitAsync(stop.Token);
                    batch.Deliver(handler);
                    delivered += batch.KeptCount;
                    progress?.Report(delivered);
                    turn.Done.SetResult();
                }
            }
            catch (Exception e)
            {
                // The first failure is the cause; it stops the other workers.
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                await stop.CancelAsync();
            }
            finally
            {
                _batches.Add(batch);
            }
        }
    }

    private IEnumerable<(TokenSequence Sequence, EncodingWindow Window)> Windows(
        IEnumerable<TokenSequence> sequences,
        Chunking chunking
    )
    {
        foreach (var sequence in sequences)
        {
            var windows = new EncodingWindows(sequence.Tokens.Length, WindowSize(sequence, chunking), chunking.Overlap);
            for (var i = 0; i < windows.Count; i++)
                yield return (sequence, windows[i]);
        }
    }

    private void Check(Chunking chunking)
    {
        if (chunking.ChunkSize < 1 || chunking.ChunkSize > encoder.MaxTextTokens)
            throw new ArgumentException(
                $"ChunkSize: {chunking.ChunkSize} found, expected 1 to {encoder.MaxTextTokens} tokens.",
                nameof(chunking)
            );
        if (chunking.Overlap is not (>= 0 and < 1))
            throw new ArgumentException(
                $"Overlap: {chunking.Overlap} found, expected a share from 0 to below 1.",
                nameof(chunking)
            );
    }

    /// <summary>The chunk size, less what a prefix takes of the encoder's window.</summary>
    private int WindowSize(TokenSequence sequence, Chunking chunking)
    {
        var maxPrefix = encoder.MaxTextTokens / 2;
        if (sequence.Prefix.Length > maxPrefix)
            throw new ArgumentException(
                $"a prefix of {sequence.Prefix.Length} tokens found, expected at most {maxPrefix}.",
                nameof(sequence)
            );
        return Math.Min(chunking.ChunkSize, encoder.MaxTextTokens - sequence.Prefix.Length);
    }
}
