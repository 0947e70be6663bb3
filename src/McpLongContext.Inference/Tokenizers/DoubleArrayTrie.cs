using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// A set of symbol sequences, each with a value, for longest-prefix search: the double-array trie of Aoe (1989). The
/// child of node <c>n</c> by symbol <c>s</c> is cell <c>base[n] + s</c>, if that cell names <c>n</c> as its parent. So a
/// step is one addition and one comparison, and the whole vocabulary of a model fits the second-level cache.
/// </summary>
internal sealed class DoubleArrayTrie
{
    /// <summary>The value of a node at which no sequence ends.</summary>
    public const int None = -1;

    private readonly Cell[] _cells;

    private DoubleArrayTrie(Cell[] cells) => _cells = cells;

    /// <summary>Builds the trie.</summary>
    /// <param name="entries">Distinct, nonempty sequences of symbols from 1 to <paramref name="maxSymbol"/>.</param>
    /// <param name="maxSymbol">The largest symbol that will ever be searched for.</param>
    public static DoubleArrayTrie Build(IEnumerable<(ushort[] Symbols, int Value)> entries, int maxSymbol)
    {
        var sorted = entries.ToArray();
        Array.Sort(sorted, (a, b) => a.Symbols.AsSpan().SequenceCompareTo(b.Symbols));
        return new DoubleArrayTrie(new Builder(sorted, maxSymbol).Build());
    }

    /// <summary>Finds the longest sequence that <paramref name="symbols"/> begins with.</summary>
    /// <param name="symbols">Symbols; 0 stands for one that occurs in no sequence.</param>
    /// <param name="length">Length of the sequence found, 0 when there is none.</param>
    /// <returns>Its value, or <see cref="None"/>.</returns>
    public int LongestPrefix(ReadOnlySpan<ushort> symbols, out int length)
    {
        var cells = _cells;
        var node = 0;
        var value = None;
        length = 0;
        for (var i = 0; i < symbols.Length; i++)
        {
            ref readonly var cell = ref cells[cells[node].Base + symbols[i]];
            if (cell.Parent != node)
                break;
            node = cells[node].Base + symbols[i];
            if (cell.Value != None)
            {
                value = cell.Value;
                length = i + 1;
            }
        }
        return value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Cell
    {
        public int Base;
        public int Parent;
        public int Value;
    }

    private sealed class Builder((ushort[] Symbols, int Value)[] entries, int maxSymbol)
    {
        private const int Free = -1;

        private readonly List<Cell> _cells = [];
        private int _firstFree = 1;

        public Cell[] Build()
        {
            Reserve(1);
            CollectionsMarshal.AsSpan(_cells)[0].Parent = int.MaxValue; // the root is nobody's child
            Place(node: 0, from: 0, to: entries.Length, depth: 0);
            Reserve(_cells.Count + maxSymbol + 1); // so that no step leaves the array
            return [.. _cells];
        }

        /// <summary>Places the children of a node: the entries of the range share their first symbols.</summary>
        private void Place(int node, int from, int to, int depth)
        {
            if (from < to && entries[from].Symbols.Length == depth)
            {
                CollectionsMarshal.AsSpan(_cells)[node].Value = entries[from].Value;
                from++;
            }
            if (from == to)
                return;

            var children = Children(from, to, depth);
            var offset = FindBase(children);
            CollectionsMarshal.AsSpan(_cells)[node].Base = offset;
            foreach (var (symbol, _, _) in children)
                CollectionsMarshal.AsSpan(_cells)[offset + symbol].Parent = node;
            foreach (var (symbol, childFrom, childTo) in children)
                Place(offset + symbol, childFrom, childTo, depth + 1);
        }

        private List<(int Symbol, int From, int To)> Children(int from, int to, int depth)
        {
            var children = new List<(int, int, int)>();
            while (from < to)
            {
                var symbol = entries[from].Symbols[depth];
                var end = from + 1;
                while (end < to && entries[end].Symbols[depth] == symbol)
                    end++;
                children.Add((symbol, from, end));
                from = end;
            }
            return children;
        }

        /// <summary>The first offset at which all children find a free cell.</summary>
        private int FindBase(List<(int Symbol, int From, int To)> children)
        {
            var first = children[0].Symbol;
            while (_firstFree < _cells.Count && _cells[_firstFree].Parent != Free)
                _firstFree++;
            for (var cell = Math.Max(_firstFree, first); ; cell++)
            {
                var offset = cell - first;
                Reserve(offset + children[^1].Symbol + 1);
                if (children.TrueForAll(c => _cells[offset + c.Symbol].Parent == Free))
                    return offset;
            }
        }

        private void Reserve(int count)
        {
            while (_cells.Count < count)
                _cells.Add(new Cell { Parent = Free, Value = None });
        }
    }
}
