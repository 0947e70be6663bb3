namespace McpLongContext.Bits.Telemetry;

/// <summary>The smallest automaton of all substrings of some bits, each with the place where it ends first.</summary>
internal sealed class SuffixAutomaton
{
    public const int Root = 0;
    private const int None = -1;

    private readonly int[] _next; // [states, 2]
    private readonly int[] _link;
    private readonly int[] _length;
    private readonly int[] _firstEnd;
    private int _count = 1;
    private int _last;

    public SuffixAutomaton(ReadOnlySpan<byte> bits)
    {
        var most = Math.Max(2, 2 * bits.Length);
        _next = new int[2 * most];
        Array.Fill(_next, None);
        (_link, _length, _firstEnd) = (new int[most], new int[most], new int[most]);
        _link[Root] = None;
        _firstEnd[Root] = None;
        for (var i = 0; i < bits.Length; i++)
        {
            Append(bits[i], i);
        }
    }

    /// <summary>The substring with one more bit, which must occur.</summary>
    public int Next(int state, int bit) => _next[(2 * state) + bit];

    /// <summary>The last bit of the substring's first occurrence.</summary>
    public int FirstEnd(int state) => _firstEnd[state];

    private void Append(int bit, int end)
    {
        var added = Add(_length[_last] + 1, end);
        var from = _last;
        for (; from != None && Next(from, bit) == None; from = _link[from])
        {
            _next[(2 * from) + bit] = added;
        }

        _link[added] = from == None ? Root : Suffix(from, bit);
        _last = added;
    }

    /// <summary>The state of the longest substring that is a suffix, split off where it is part of a longer one.</summary>
    private int Suffix(int from, int bit)
    {
        var target = Next(from, bit);
        if (_length[target] == _length[from] + 1)
        {
            return target;
        }

        var copy = Add(_length[from] + 1, _firstEnd[target]);
        _next.AsSpan(2 * target, 2).CopyTo(_next.AsSpan(2 * copy));
        _link[copy] = _link[target];
        for (; from != None && Next(from, bit) == target; from = _link[from])
        {
            _next[(2 * from) + bit] = copy;
        }

        _link[target] = copy;
        return copy;
    }

    private int Add(int length, int firstEnd)
    {
        (_length[_count], _firstEnd[_count]) = (length, firstEnd);
        return _count++;
    }
}
