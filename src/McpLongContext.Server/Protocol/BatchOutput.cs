namespace McpLongContext.Server.Protocol;

/// <summary>The server's messages; the answers to a batch are one message.</summary>
/// <remarks>One write is one message, as in <see cref="ClientOutput"/>.</remarks>
/// <param name="inner">Takes one message a write.</param>
/// <param name="batches">Holds answers back.</param>
internal sealed class BatchOutput(Stream inner, MessageBatches batches) : Stream
{
    private const byte EndOfLine = (byte)'\n';

    private readonly SemaphoreSlim _writing = new(1);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
    {
        if (buffer.Span is [EndOfLine])
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        if (!batches.HasPending)
        {
            await WriteDirectAsync(buffer);
        }
        else if (batches.Close(buffer) is { } message)
        {
            await WriteDirectAsync(message);
        }
    }

    /// <summary>Writes a message that is held back for nobody.</summary>
    public async Task WriteDirectAsync(ReadOnlyMemory<byte> message)
    {
        await _writing.WaitAsync();
        try
        {
            await inner.WriteAsync(message);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellation) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellation).AsTask();

    /// <summary>Does nothing: every message has been flushed.</summary>
    public override Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc cref="FlushAsync(CancellationToken)" />
    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _writing.Dispose();
        }

        base.Dispose(disposing);
    }
}
