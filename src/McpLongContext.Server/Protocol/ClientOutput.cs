namespace McpLongContext.Server.Protocol;

/// <summary>
/// The stream that a client reads its messages from, one a line. The SDK writes a message and the end of its line one
/// after the other, and lets the cancellation of a call come between them: the message then runs into the next one, and
/// a client can read neither. Here a message goes out with its end or not at all.
/// </summary>
/// <remarks>One write is one message; a write of the end of a line alone is passed over.</remarks>
/// <param name="inner">Standard output.</param>
internal sealed class ClientOutput(Stream inner) : Stream
{
    private const byte EndOfLine = (byte)'\n';

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes one message and ends its line. Canceled only before it has begun.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
    {
        if (buffer.Span is [EndOfLine])
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        await inner.WriteAsync(Line(buffer.Span), CancellationToken.None);
        await inner.FlushAsync(CancellationToken.None);
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
        }

        base.Dispose(disposing);
    }

    private static byte[] Line(ReadOnlySpan<byte> message)
    {
        var line = new byte[message.Length + 1];
        message.CopyTo(line);
        line[^1] = EndOfLine;
        return line;
    }
}
