namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// The copy of a segment in the memory of a device, made by the first scan that asks, once; other scans compute here
/// meanwhile.
/// </summary>
/// <param name="hold">Copies it; <see langword="null"/>: no device takes it.</param>
internal sealed class DeviceCopy<T>(Func<T?> hold) : IDisposable
    where T : class, IDisposable
{
    private volatile T? _held;
    private bool _asked;

    /// <summary>The copy; <see langword="null"/>: there is none, or not yet.</summary>
    public T? Held
    {
        get
        {
            if (!Interlocked.Exchange(ref _asked, true))
            {
                try
                {
                    _held = hold();
                }
                catch (DatastoreCorruptException)
                {
                    // The scan that computes here meets the damage, too, and names it.
                }
            }

            return _held;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held?.Dispose();
}
