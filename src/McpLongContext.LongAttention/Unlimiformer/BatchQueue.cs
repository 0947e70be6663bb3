namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>Deals windows out to workers in batches, and each batch its turn to be handed over.</summary>
/// <param name="windows">All windows; asked for under a lock.</param>
internal sealed class BatchQueue(IEnumerator<(TokenSequence Sequence, EncodingWindow Window)> windows)
{
    /// <summary>
    /// Tokens that make a batch: rows enough for the matrix products, few enough that cancellation and progress are
    /// prompt.
    /// </summary>
    private const int BatchTokens = 1024;

    private readonly Lock _lock = new();
    private Task _lastDone = Task.CompletedTask;

    /// <summary>Fills a batch with the windows that come next.</summary>
    /// <param name="batch">Cleared first.</param>
    /// <param name="turn">When the batch may be handed over.</param>
    /// <returns>False when there are no more windows.</returns>
    public bool TryFill(EncodingBatch batch, out Turn turn)
    {
        batch.Clear();
        lock (_lock)
        {
            while (batch.TokenCount < BatchTokens && windows.MoveNext())
                batch.Add(windows.Current.Sequence, windows.Current.Window);
            turn = new Turn(_lastDone, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _lastDone = turn.Done.Task;
        }
        return batch.TokenCount > 0;
    }

    /// <summary>A batch's place in the order.</summary>
    /// <param name="Before">Ends when the batch before has been handed over.</param>
    /// <param name="Done">To be set when this one has.</param>
    public readonly record struct Turn(Task Before, TaskCompletionSource Done);
}
