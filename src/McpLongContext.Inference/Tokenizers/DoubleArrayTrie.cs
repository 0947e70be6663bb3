using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// A set of symbol sequences, each with a value, for longest-prefix search: the double-array trie of Aoe (1989). The
/// child of node <c>n</c> by symbol <c>s</c> is cell <c>base[n] + s</c>, if that cell names <c>n</c> as its parent. So
/// a step is one addition and one comparison, and the whole vocabulary of a model fits the second-level cache.
/// </summary>
internal sealed class DoubleArrayTrie
{
    /// <summary>The value of a node at which no sequence ends.</summary>
    public const int None = -1;

    /// <summary>The node of the empty sequence.</summary>
    public const int Root = 0;

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
    /// <returns>The value, or <see cref="None"/>.</returns>
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
            {
                break;
            }

            node = cells[node].Base + symbols[i];
            if (cell.Value != None)
            {
                value = cell.Value;
                length = i + 1;
            }
        }

        return value;
    }

    /// <summary>Goes from a node to its child by a symbol; false, and the node stays, where it has none.</summary>
    /// <param name="node">A node, first <see cref="Root"/>.</param>
    /// <param name="symbol">The symbol.</param>
    public bool Step(ref int node, ushort symbol)
    {
        var child = _cells[node].Base + symbol;
        if (_cells[child].Parent != node)
        {
            return false;
        }

        node = child;
        return true;
    }

    /// <summary>The value of the sequence that ends at a node, or <see cref="None"/>.</summary>
    public int ValueAt(int node) => _cells[node].Value;

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

        /// <summary>
        /// Cells tried in vain after which the search for larger families no longer goes back before them.
        /// </summary>
        private const int MaxTries = 32;

        private Cell[] _cells = [];
        private int _firstFree = 1;
        private int _searchFrom = 1;

        public Cell[] Build()
        {
            Reserve(1 + maxSymbol);
            _cells[0].Parent = int.MaxValue; // the root is nobody's child
            Place(node: 0, from: 0, to: entries.Length, depth: 0);

            // So that no step from any node leaves the array.
            var last = Array.FindLastIndex(_cells, c => c.Parent != Free);
            Reserve(last + maxSymbol + 1);
            return _cells[..(last + maxSymbol + 1)];
        }

        /// <summary>Places the children of a node: the entries of the range share their first symbols.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] // runs once, for long, when a model is loaded
        private void Place(int node, int from, int to, int depth)
        {
            if (from < to && entries[from].Symbols.Length == depth)
            {
                _cells[node].Value = entries[from].Value;
                from++;
            }

            if (from == to)
            {
                return;
            }

            var offset = FindBase(from, to, depth);
            _cells[node].Base = offset;
            for (var i = from; i < to; i++)
            {
                _cells[offset + entries[i].Symbols[depth]].Parent = node;
            }

            while (from < to)
            {
                var symbol = entries[from].Symbols[depth];
                var end = from + 1;
                while (end < to && entries[end].Symbols[depth] == symbol)
                {
                    end++;
                }

                Place(offset + symbol, from, end, depth + 1);
                from = end;
            }
        }

        /// <summary>An offset at which all children find a free cell.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int FindBase(int from, int to, int depth)
        {
            var first = entries[from].Symbols[depth];
            var last = entries[to - 1].Symbols[depth];
            while (_firstFree < _cells.Length && _cells[_firstFree].Parent != Free)
            {
                _firstFree++;
            }

            var start = Math.Max(first == last ? _firstFree : Math.Max(_firstFree, _searchFrom), first);
            for (var cell = start; ; cell++)
            {
                var offset = cell - first;
                Reserve(offset + last + 1);
                if (!Fits(from, to, depth, offset))
                {
                    continue;
                }

                if (first != last && cell - start > MaxTries)
                {
                    _searchFrom = cell;
                }

                return offset;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private bool Fits(int from, int to, int depth, int offset)
        {
            for (var i = from; i < to; i++)
            {
                if (_cells[offset + entries[i].Symbols[depth]].Parent != Free)
                {
                    return false;
                }
            }

            return true;
        }

        private void Reserve(int count)
        {
            var before = _cells.Length;
            if (count <= before)
            {
                return;
            }

            Array.Resize(ref _cells, Math.Max(count, 2 * before));
            _cells.AsSpan(before).Fill(new Cell { Parent = Free, Value = None });
        }
    }
}
