using System.Text;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// The stream that a client writes its messages to, one a line. It tells when the client has closed it, because the
/// SDK otherwise lets work in flight continue for nobody; it cuts lines beyond a limit, because the SDK reads a line
/// whole before it looks at it; it lets a pending read be canceled, which a console stream does not; and it passes over
/// a handshake that was given up before the server had started (<see cref="AbandonedProbe"/>).
/// </summary>
/// <remarks>
/// The rest of a line that was cut is not JSON any more, so the SDK answers it with a parse error, under its id
/// where that comes first, and continues with the next line.
/// </remarks>
/// <param name="inner">Standard input.</param>
/// <param name="longestLine">Longest line that is passed on whole, in bytes.</param>
/// <param name="lifetime">Told about every line, and when the client has closed the stream.</param>
internal sealed class ClientInput(Stream inner, int longestLine, ClientLifetime lifetime) : Stream
{
    private static readonly byte[] s_lastMessage =
    [
        .. Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{ClientLifetime.LastMessage}}"}"""),
        (byte)'\n',
    ];

    private bool _hasBegun;
    private long _lineLength;
    private ReadOnlyMemory<byte>? _end;

    /// <summary>
    /// 16 MiB, a book of two million words as text of <c>ingest_document</c>; larger ones come by path.
    /// </summary>
    public const int LongestLine = 16 << 20;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
    {
        while (true)
        {
            var read = await inner.ReadAsync(buffer, cancellation).AsTask().WaitAsync(cancellation);
            if (read == 0)
            {
                return await EndAsync(buffer);
            }

            if (!_hasBegun)
            {
                _hasBegun = true;
                read = AbandonedProbe.Remove(buffer.Span[..read]);
            }

            var kept = KeepWithinLimit(buffer.Span[..read]);
            if (kept > 0)
            {
                return kept;
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellation) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellation).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

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

    // An unfinished line is finished, and a last message of our own follows. The SDK sends nothing any more once it has
    // seen the end of the stream, so it sees it when the calls in flight have been waited for.
    private async ValueTask<int> EndAsync(Memory<byte> buffer)
    {
        if (_lineLength > 0)
        {
            buffer.Span[0] = (byte)'\n';
            return KeepWithinLimit(buffer.Span[..1]);
        }

        var end = _end ?? s_lastMessage;
        if (end.IsEmpty)
        {
            await lifetime.EndAsync();
            return 0;
        }

        var part = end[..Math.Min(end.Length, buffer.Length)];
        part.CopyTo(buffer);
        _end = end[part.Length..];
        return part.Length;
    }

    /// <summary>Moves what is within the limit to the front; returns its length.</summary>
    private int KeepWithinLimit(Span<byte> bytes)
    {
        var kept = 0;
        for (var rest = bytes; !rest.IsEmpty; )
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            var within = (int)Math.Min(line.Length, longestLine - Math.Min(longestLine, _lineLength));
            line[..within].CopyTo(bytes[kept..]);
            kept += within;
            _lineLength += line.Length;
            rest = rest[line.Length..];
            if (end >= 0)
            {
                if (_lineLength > 0)
                {
                    lifetime.Receive();
                }

                bytes[kept++] = (byte)'\n';
                _lineLength = 0;
                rest = rest[1..];
            }
        }

        return kept;
    }
}
