namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// A token that is canceled when the caller cancels, or when nothing has happened for the stall timeout.
/// </summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _either;
    private readonly TimeSpan _timeout;

    public StallGuard(ModelStoreOptions options, CancellationToken cancellation)
    {
        _timeout = options.StallTimeout;
        _silence = new CancellationTokenSource(_timeout, options.Time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancellation);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>The same token, with the full time ahead.</summary>
    public CancellationToken Restarted()
    {
        _silence.CancelAfter(_timeout);
        return Token;
    }

    public void Dispose()
    {
        _either.Dispose();
        _silence.Dispose();
    }
}
