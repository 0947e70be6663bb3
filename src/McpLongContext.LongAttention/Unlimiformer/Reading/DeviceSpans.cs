using System.Numerics.Tensors;
using McpLongContext.Kernels.Devices;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// One call of a device that attends, in one key/value head of one layer, to [sinks | spans | local window] of each token
/// of a block: the spans where the device holds them, sinks and window in 16 bits, copied along.
/// </summary>
/// <param name="texts">The texts of the token memory.</param>
/// <param name="keyPlane">The plane of the head's keys.</param>
/// <param name="valuePlane">The plane of the head's values.</param>
/// <param name="heads">Query heads of the head.</param>
/// <param name="positions">Positions that the rotation has.</param>
internal sealed class DeviceSpans(
    IReadOnlyList<TokenMemoryText> texts,
    int keyPlane,
    int valuePlane,
    int heads,
    int positions
)
{
    /// <summary>
    /// The fewest tokens of a block: of fewer, copying the window and waiting for the device are taken to cost more than
    /// attention here (a guess until a device is measured).
    /// </summary>
    public const int LeastTokens = 8;

    private readonly List<(IDeviceKeys Keys, IDeviceKeys Values)> _planes = [];
    private readonly List<SpanPart> _parts = [];
    private readonly List<int> _spanOfPart = [];
    private readonly List<int> _positions = [];
    private int _sinks;
    private int _localStart;

    /// <summary>Adds the tokens of a block; whether a device holds all of their spans.</summary>
    /// <param name="spans">The spans of each token.</param>
    /// <param name="firstPosition">The first token's position in the sequence.</param>
    /// <param name="sinks">The first tokens of the sequence, which all that come after them see.</param>
    /// <param name="window">Tokens of the local window, besides the sinks.</param>
    public bool Add(IReadOnlyList<TokenMemorySpan>[] spans, int firstPosition, int sinks, int window)
    {
        _sinks = sinks;
        _localStart = Math.Max(sinks, firstPosition + 1 - window);
        for (var token = 0; token < spans.Length; token++)
        {
            var position = firstPosition + token;
            var first = _parts.Count;
            var read = Split(SpanPart.Sequence, 0, Math.Min(sinks, position + 1), 0, span: -1);
            for (var i = 0; i < spans[token].Count; i++)
            {
                if (!AddSpan(spans[token][i], i, ref read))
                {
                    return false;
                }
            }

            var local = Math.Min(position + 1, Math.Max(sinks, position + 1 - window));
            read = Split(SpanPart.Sequence, sinks + local - _localStart, position + 1 - local, read, span: -1);
            if (read > positions)
            {
                return false;
            }

            Repeat(first, read - 1);
        }

        return _planes.Count > 0;
    }

    /// <summary>Attends; <see langword="null"/> where the device fails, and where a number has no place in 16 bits.</summary>
    /// <param name="queries">[tokens, heads, headDim], not rotated.</param>
    /// <param name="width">headDim.</param>
    /// <param name="scale">Of the scores.</param>
    /// <param name="rotation">The cosines of a position's pairs, then the sines, <c>[positions, headDim]</c>.</param>
    /// <param name="keys">Keys of the sequence, not rotated, [tokens, headDim].</param>
    /// <param name="values">Values of the sequence, [tokens, headDim].</param>
    public SpanAttentionOutput? Attend(
        float[] queries,
        int width,
        float scale,
        float[] rotation,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values
    ) =>
        !FitsHalf(keys) || !FitsHalf(values)
            ? null
            : _planes[0]
                .Keys.Attend(
                    new SpanAttentionInput
                    {
                        Dimensions = width,
                        Scale = scale,
                        Queries = queries,
                        Positions = [.. _positions],
                        Rotation = rotation,
                        Keys = Sequence(keys, width),
                        Values = Sequence(values, width),
                        Planes = _planes,
                        Parts = [.. _parts],
                    }
                );

    /// <summary>The shares of the last token's spans, counted among them, of every head and part.</summary>
    /// <param name="shares">The shares of the parts.</param>
    public IEnumerable<(int Span, double Share)> LastShares(float[] shares)
    {
        for (var part = _parts.Count - 1; part >= 0 && _parts[part].Query >= _positions.Count - heads; part--)
        {
            if (_spanOfPart[part] >= 0)
            {
                yield return (_spanOfPart[part], shares[part]);
            }
        }
    }

    /// <summary>Gives copies of a token's parts, which are those of its first query, to its other queries.</summary>
    private void Repeat(int first, int position)
    {
        var (parts, spans) = (_parts[first..], _spanOfPart[first..]);
        for (var head = 1; head < heads; head++)
        {
            _parts.AddRange(parts.Select(part => part with { Query = part.Query + head }));
            _spanOfPart.AddRange(spans);
        }

        _positions.AddRange(Enumerable.Repeat(position, heads));
    }

    /// <summary>Adds the parts of a span, which may stand in several blocks.</summary>
    private bool AddSpan(TokenMemorySpan span, int number, ref int position)
    {
        var start = 0;
        foreach (var block in texts[span.Text].Blocks)
        {
            var from = Math.Max(span.First, start);
            var end = Math.Min(span.First + span.Count, start + block.Tokens);
            if (from < end)
            {
                if (block.OnDevice(keyPlane) is not { } keys || block.OnDevice(valuePlane) is not { } values)
                {
                    return false;
                }

                position = Split(PlaneOf(keys, values), keys.FirstToken + from - start, end - from, position, number);
            }

            start += block.Tokens;
        }

        return true;
    }

    private int PlaneOf(DeviceKeys keys, DeviceKeys values)
    {
        var plane = _planes.IndexOf((keys.Keys, values.Keys));
        if (plane < 0)
        {
            plane = _planes.Count;
            _planes.Add((keys.Keys, values.Keys));
        }

        return plane;
    }

    /// <summary>Adds tokens in parts that a device takes; returns the position after them.</summary>
    private int Split(int plane, int first, int count, int position, int span)
    {
        for (var done = 0; done < count; done += SpanPart.MaxTokens)
        {
            var part = Math.Min(SpanPart.MaxTokens, count - done);
            _parts.Add(new SpanPart(_positions.Count, plane, first + done, part, position + done));
            _spanOfPart.Add(span);
        }

        return position + count;
    }

    private static bool FitsHalf(ReadOnlySpan<float> numbers) =>
        numbers.IsEmpty || TensorPrimitives.MaxMagnitude(numbers) <= (float)Half.MaxValue;

    /// <summary>Sinks and window, one after the other.</summary>
    private Half[] Sequence(ReadOnlySpan<float> vectors, int width)
    {
        var tokens = vectors.Length / width;
        var sinks = Math.Min(_sinks, tokens) * width;
        var local = Math.Min(_localStart, tokens) * width;
        var halves = new Half[sinks + vectors.Length - local];
        TensorPrimitives.ConvertToHalf(vectors[..sinks], halves);
        TensorPrimitives.ConvertToHalf(vectors[local..], halves.AsSpan(sinks));
        return halves;
    }
}
