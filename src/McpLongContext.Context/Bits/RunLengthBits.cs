using McpLongContext.Bits.Streams;

namespace McpLongContext.Context.Bits;

/// <summary>
/// The run-length code of bytes (<see cref="RunLength"/>) as a stream of its own. Nothing of it is kept but where every
/// 4,096th run begins: any part is coded when it is read.
/// </summary>
internal sealed class RunLengthBits : IBitSource
{
    private const int RunsOfMark = 4096;

    private readonly IBitSource _source;
    private readonly List<long> _marks = [];

    /// <summary>Counts the runs, which reads the bytes once.</summary>
    /// <param name="source">The bytes; they remain the caller's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public RunLengthBits(IBitSource source, CancellationToken cancellation)
    {
        _source = source;
        var reader = new RunReader(source, 0);
        for (long runs = 0; ; runs++)
        {
            if (runs % RunsOfMark == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                _marks.Add(reader.Offset);
            }

            if (!reader.Next(out _, out _))
            {
                Length = 2 * runs;
                return;
            }
        }
    }

    /// <inheritdoc/>
    public string Path => _source.Path;

    /// <inheritdoc/>
    public string Key => _source.Key;

    /// <summary>Bytes of the code: a value and a count for each run.</summary>
    public long Length { get; }

    /// <summary>The byte of the source at which a run begins.</summary>
    /// <param name="run">The run, from 0.</param>
    public long OffsetOf(long run) => At(run).Offset;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        var reader = At(offset / 2);
        var skipped = (int)(offset % 2);
        for (var i = 0; i < bytes.Length; )
        {
            reader.Next(out var value, out var count);
            ReadOnlySpan<byte> pair = [value, count];
            var part = pair[skipped..Math.Min(2, skipped + bytes.Length - i)];
            part.CopyTo(bytes[i..]);
            (i, skipped) = (i + part.Length, 0);
        }
    }

    public void Dispose() { }

    private RunReader At(long run)
    {
        var reader = new RunReader(_source, _marks[(int)(run / RunsOfMark)]);
        for (var passed = run % RunsOfMark; passed > 0; passed--)
        {
            reader.Next(out _, out _);
        }

        return reader;
    }
}
