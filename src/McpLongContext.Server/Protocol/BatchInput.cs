using System.Buffers;

namespace McpLongContext.Server.Protocol;

/// <summary>The client's messages, one a line, with those of a batch in lines of their own.</summary>
/// <param name="inner">The client's lines; the last one has its end.</param>
/// <param name="batches">Takes the batches apart.</param>
/// <param name="output">Where answers go that a canceled request held back.</param>
/// <param name="lifetime">Told about every further message.</param>
internal sealed class BatchInput(Stream inner, MessageBatches batches, BatchOutput output, ClientLifetime lifetime)
    : Stream
{
    private const int ChunkSize = 1 << 16;
    private const byte EndOfLine = (byte)'\n';

    private readonly byte[] _chunk = new byte[ChunkSize];
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _ready = new();
    private int _taken;
    private bool _isInLine;
    private bool _isKept;

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
        while (_taken == _ready.WrittenCount)
        {
            _ready.ResetWrittenCount();
            _taken = 0;
            var read = await inner.ReadAsync(_chunk, cancellation);
            if (read == 0)
            {
                return 0;
            }

            for (var rest = _chunk.AsMemory(0, read); !rest.IsEmpty; )
            {
                rest = rest[await TakeAsync(rest)..];
            }
        }

        var part = _ready.WrittenMemory[_taken..];
        part = part[..Math.Min(part.Length, buffer.Length)];
        part.CopyTo(buffer);
        _taken += part.Length;
        return part.Length;
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

    /// <summary>
    /// Takes what there is of a line; a line is kept until its end only where it has to be looked at.
    /// </summary>
    private async ValueTask<int> TakeAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!_isInLine)
        {
            _isInLine = true;
            _isKept = bytes.Span[0] == '[' || batches.HasPending;
        }

        var end = bytes.Span.IndexOf(EndOfLine);
        var part = end < 0 ? bytes : bytes[..(end + 1)];
        (_isKept ? _line : _ready).Write(part.Span);
        if (end >= 0)
        {
            _isInLine = false;
            if (_isKept)
            {
                await EndLineAsync();
            }
        }

        return part.Length;
    }

    private async ValueTask EndLineAsync()
    {
        var line = _line.WrittenMemory[..^1].ToArray();
        _line.ResetWrittenCount();
        if (batches.Cancel(line) is { } answers)
        {
            await output.WriteDirectAsync(answers);
        }

        var messages = batches.Open(line);
        for (var i = 0; i < messages.Count; i++)
        {
            if (i > 0)
            {
                lifetime.Receive();
            }

            _ready.Write(messages[i]);
            _ready.Write([EndOfLine]);
        }
    }
}
