using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// Keys and values of one layer's tokens, for <see cref="GroupedQueryAttention"/>. Keys are kept without rotation: a
/// change of the rotary table changes what attention reads, not what is stored.
/// </summary>
/// <remarks>
/// Pages of <see cref="PageTokens"/> tokens for each key/value head. A page holds what the register tiles of this
/// machine multiply by, so that nothing is rearranged at read: K^T as panels [headDim, <see cref="Columns"/>] of
/// tokens, and V as panels [<see cref="PageTokens"/>, <see cref="ValuePanel"/>] of dimensions, filled up with zeros.
/// </remarks>
public sealed unsafe class KeyValueCache
{
    internal const int PageTokens = 256;

    private readonly List<AlignedArray<float>>[] _pages;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="heads">Key/value heads, positive.</param>
    /// <param name="headDim">Positive and even.</param>
    public KeyValueCache(int heads, int headDim)
        : this(heads, headDim, GroupedQueryAttention.Columns) { }

    internal KeyValueCache(int heads, int headDim, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headDim);
        Heads = heads;
        HeadDim = headDim;
        Columns = columns;
        ValuePanel = headDim <= columns / 2 ? columns / 2 : columns;
        ValueColumns = (headDim + ValuePanel - 1) / ValuePanel * ValuePanel;
        _pages = new List<AlignedArray<float>>[heads];
        for (var head = 0; head < heads; head++)
        {
            _pages[head] = [];
        }
    }

    /// <summary>Key/value heads.</summary>
    public int Heads { get; }

    /// <summary>Dimensions of a head.</summary>
    public int HeadDim { get; }

    /// <summary>Tokens held.</summary>
    public int Count { get; private set; }

    /// <summary>Tokens that there is room for.</summary>
    internal int Room => _pages[0].Count * PageTokens;

    /// <summary>Tokens in a panel of keys: two vectors.</summary>
    internal int Columns { get; }

    /// <summary>Dimensions in a panel of values: one vector where a head fits it, or two.</summary>
    internal int ValuePanel { get; }

    /// <summary>The dimensions of a head, filled up to whole panels.</summary>
    internal int ValueColumns { get; }

    /// <summary>Adds tokens at the end.</summary>
    /// <param name="keys">[tokens, heads, headDim], not rotated.</param>
    /// <param name="values">[tokens, heads, headDim].</param>
    /// <exception cref="ArgumentException">The lengths do not fit the shape or each other.</exception>
    public void Append(ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        var tokens = Shape.Rows(keys.Length, Heads * HeadDim, nameof(keys));
        Shape.Check(values.Length, keys.Length, nameof(values));
        fixed (
            float* k = keys,
                v = values
        )
        {
            Append(k, v, Heads * HeadDim, tokens);
        }
    }

    /// <summary>Adds tokens at the end, as one product of queries, keys and values gives them.</summary>
    /// <param name="queryKeyValue">[tokens, 3, heads, headDim]; the queries are not read.</param>
    /// <exception cref="ArgumentException">The length does not fit the shape.</exception>
    public void AppendProjected(ReadOnlySpan<float> queryKeyValue)
    {
        var width = Heads * HeadDim;
        var tokens = Shape.Rows(queryKeyValue.Length, 3 * width, nameof(queryKeyValue));
        fixed (float* projected = queryKeyValue)
        {
            Append(projected + width, projected + (2 * width), 3 * width, tokens);
        }
    }

    /// <summary>Forgets the tokens from <paramref name="count"/> on.</summary>
    /// <param name="count">How many stay, at most <see cref="Count"/>.</param>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Count = count;
        foreach (var pages in _pages)
        {
            var needed = (count + PageTokens - 1) / PageTokens;
            pages.RemoveRange(needed, pages.Count - needed);
        }
    }

    /// <summary>Forgets all tokens and keeps their room for others.</summary>
    public void Clear() => Count = 0;

    /// <summary>Forgets the oldest tokens and keeps their room for others; those after them move to the front.</summary>
    /// <param name="count">How many go, at most <see cref="Count"/>.</param>
    public void RemoveFirst(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        var (pages, rest) = Math.DivRem(count, PageTokens);
        foreach (var list in _pages)
        {
            var gone = list.GetRange(0, pages);
            list.RemoveRange(0, pages);
            list.AddRange(gone);
        }

        Count -= pages * PageTokens;
        if (rest > 0)
        {
            Put(0, rest, [], []);
        }
    }

    /// <summary>
    /// Puts tokens in the place of others; those after keep their order and may get other places. Room that none needs any
    /// longer is given back.
    /// </summary>
    /// <param name="first">The first token that goes.</param>
    /// <param name="count">How many go.</param>
    /// <param name="keys">[tokens, heads, headDim] of those that come, not rotated.</param>
    /// <param name="values">[tokens, heads, headDim].</param>
    /// <exception cref="ArgumentException">The lengths do not fit the shape or each other.</exception>
    public void Replace(int first, int count, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        Shape.Rows(keys.Length, Heads * HeadDim, nameof(keys));
        Shape.Check(values.Length, keys.Length, nameof(values));
        Put(first, count, keys, values);
        Truncate(Count);
    }

    /// <summary>Reads successive tokens of a head.</summary>
    /// <param name="head">From 0.</param>
    /// <param name="first">The first token.</param>
    /// <param name="keys">[tokens, headDim]: receives the keys, not rotated.</param>
    /// <param name="values">[tokens, headDim]: receives the values.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the shape or each other, or there are fewer
    /// tokens.</exception>
    public void Read(int head, int first, Span<float> keys, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)head, (uint)Heads, nameof(head));
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        var tokens = Shape.Rows(keys.Length, HeadDim, nameof(keys));
        Shape.Check(values.Length, keys.Length, nameof(values));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Count - first, nameof(keys));
        for (var token = 0; token < tokens; token++)
        {
            var (page, index) = Math.DivRem(first + token, PageTokens);
            ReadKey(Keys(head, page), index, keys.Slice(token * HeadDim, HeadDim));
            ReadValue(Values(head, page), index, values.Slice(token * HeadDim, HeadDim));
        }
    }

    /// <summary>K^T of a page: [panels, headDim, Columns].</summary>
    internal float* Keys(int head, int page) => _pages[head][page].Pointer;

    /// <summary>V of a page: [panels, PageTokens, ValuePanel].</summary>
    internal float* Values(int head, int page) => _pages[head][page].Pointer + (PageTokens * HeadDim);

    /// <summary>Replaces and keeps the room of those that go.</summary>
    private void Put(int first, int count, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        var after = Count - first - count;
        var (headKeys, headValues) = (new float[after * HeadDim], new float[after * HeadDim]);
        var (allKeys, allValues) = (new float[Heads * headKeys.Length], new float[Heads * headKeys.Length]);
        for (var head = 0; head < Heads; head++)
        {
            Read(head, first + count, headKeys, headValues);
            for (var token = 0; token < after; token++)
            {
                var target = ((token * Heads) + head) * HeadDim;
                headKeys.AsSpan(token * HeadDim, HeadDim).CopyTo(allKeys.AsSpan(target));
                headValues.AsSpan(token * HeadDim, HeadDim).CopyTo(allValues.AsSpan(target));
            }
        }

        Count = first;
        Append(keys, values);
        Append(allKeys, allValues);
    }

    /// <summary>Adds tokens whose heads [heads, headDim] are <paramref name="stride"/> floats apart.</summary>
    private void Append(float* keys, float* values, nint stride, int tokens)
    {
        for (var done = 0; done < tokens; )
        {
            var (page, first) = Math.DivRem(Count, PageTokens);
            var count = Math.Min(PageTokens - first, tokens - done);
            for (var head = 0; head < Heads; head++)
            {
                if (page == _pages[head].Count)
                {
                    _pages[head].Add(new AlignedArray<float>(PageTokens * (HeadDim + ValueColumns)));
                }

                var start = (done * stride) + (head * HeadDim);
                WriteKeys(keys + start, stride, count, Keys(head, page), first);
                WriteValues(values + start, stride, count, Values(head, page), first);
            }

            Count += count;
            done += count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteKeys(float* source, nint stride, int count, float* page, int first)
    {
        for (var index = first; index < first + count; index++, source += stride)
        {
            var (panel, column) = Math.DivRem(index, Columns);
            var target = page + (panel * HeadDim * Columns) + column;
            for (var i = 0; i < HeadDim; i++, target += Columns)
            {
                *target = source[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteValues(float* source, nint stride, int count, float* page, int first)
    {
        for (var index = first; index < first + count; index++, source += stride)
        {
            for (var start = 0; start < HeadDim; start += ValuePanel)
            {
                var target = page + (start * PageTokens) + (index * ValuePanel);
                var width = Math.Min(ValuePanel, HeadDim - start);
                var i = 0;
                for (; i <= width - Vector128<float>.Count; i += Vector128<float>.Count)
                {
                    Vector128.Load(source + start + i).Store(target + i);
                }

                for (; i < width; i++)
                {
                    target[i] = source[start + i];
                }
            }
        }
    }

    private void ReadKey(float* page, int index, Span<float> key)
    {
        var (panel, column) = Math.DivRem(index, Columns);
        var source = page + (panel * HeadDim * Columns) + column;
        foreach (ref var value in key)
        {
            value = *source;
            source += Columns;
        }
    }

    private void ReadValue(float* page, int index, Span<float> value)
    {
        for (var start = 0; start < value.Length; start += ValuePanel)
        {
            var part = value.Slice(start, Math.Min(ValuePanel, value.Length - start));
            new ReadOnlySpan<float>(page + (start * PageTokens) + (index * ValuePanel), part.Length).CopyTo(part);
        }
    }
}
