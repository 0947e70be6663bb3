using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting.Symbols;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Collects where passages begin and cuts the text there, so that passages tile it. Blank lines between two passages
/// go to the first of them. What is too long for one passage is cut further: at lines, sentences, words, in this order.
/// </summary>
internal sealed class PassageBuilder(LineIndex lines)
{
    /// <summary>No passage is longer, in characters.</summary>
    public const int MaxCharacters = 4_000;

    /// <summary>The length of the pieces that a longer one is cut into, in characters.</summary>
    private const int PieceCharacters = 2_000;

    private readonly List<(int Offset, string Context)> _starts = [];
    private IReadOnlyList<FoundSymbol> _symbols = [];
    private int _nextSymbol;

    /// <summary>Begins a passage at a line.</summary>
    public void Begin(int line, string context) => BeginAt(lines.Start(line), context);

    /// <summary>Begins a passage within a line.</summary>
    public void BeginAt(int offset, string context)
    {
        if (_starts.Count > 0 && _starts[^1].Offset >= offset)
        {
            // An empty passage: what begins here takes its place.
            _starts[^1] = (_starts[^1].Offset, context);
            return;
        }

        _starts.Add((offset, context));
    }

    /// <summary>Gives each passage the definitions in its lines.</summary>
    /// <param name="symbols">In the order of their lines.</param>
    public void Add(IReadOnlyList<FoundSymbol> symbols) => _symbols = symbols;

    /// <summary>Cuts the text.</summary>
    public List<SplitPassage> Build()
    {
        var passages = new List<SplitPassage>(_starts.Count);
        var start = 0;
        for (var i = 0; i < _starts.Count; i++)
        {
            var end = i + 1 < _starts.Count ? _starts[i + 1].Offset : lines.End;
            if (lines.Text.AsSpan(start, end - start).IsWhiteSpace() && i + 1 < _starts.Count)
            {
                // Blank lines alone, in front of the first passage.
                continue;
            }

            AddPieces(passages, start, end, _starts[i].Context);
            start = end;
        }

        if (start < lines.End)
        {
            AddPieces(passages, start, lines.End, context: "");
        }

        return passages;
    }

    private void AddPieces(List<SplitPassage> passages, int start, int end, string context)
    {
        while (end - start > MaxCharacters)
        {
            var cut = FindCut(start, start + PieceCharacters);
            AddPiece(passages, start, cut, context);
            start = cut;
        }

        AddPiece(passages, start, end, context);
    }

    private void AddPiece(List<SplitPassage> passages, int start, int end, string context)
    {
        var text = lines.Text.AsSpan(start, end - start);
        var trimmed = text.Trim();
        var first = start + (text.Length - text.TrimStart().Length);
        var last = Math.Max(first, first + trimmed.Length - 1);
        passages.Add(
            new SplitPassage(
                text.ToString(),
                lines.LineAt(Math.Min(first, lines.End - 1)) + 1,
                lines.LineAt(Math.Min(last, lines.End - 1)) + 1,
                context
            )
            {
                Symbols = SymbolsBefore(end),
            }
        );
    }

    private NewSymbol[] SymbolsBefore(int end)
    {
        var first = _nextSymbol;
        while (_nextSymbol < _symbols.Count && lines.Start(_symbols[_nextSymbol].Line) < end)
        {
            _nextSymbol++;
        }

        var symbols = first == _nextSymbol ? [] : new NewSymbol[_nextSymbol - first];
        for (var i = 0; i < symbols.Length; i++)
        {
            var symbol = _symbols[first + i];
            symbols[i] = new NewSymbol(symbol.Line + 1, symbol.Name, symbol.Kind, symbol.Container);
        }

        return symbols;
    }

    /// <summary>The best place to cut in the second half of a stretch.</summary>
    private int FindCut(int start, int limit)
    {
        var line = lines.Start(lines.LineAt(limit));
        var half = start + (PieceCharacters / 2);
        if (line > half)
        {
            return line;
        }

        var text = lines.Text.AsSpan(half, limit - half);
        var carriageReturn = text.LastIndexOf('\r');
        if (carriageReturn >= 0 && carriageReturn + 1 < text.Length)
        {
            return half + carriageReturn + 1;
        }

        var sentence = Sentences.LastEnd(text);
        if (sentence > 0)
        {
            return half + sentence;
        }

        var space = text.LastIndexOfAny(" \t");
        var cut = space >= 0 ? half + space + 1 : limit;
        return cut - (char.IsLowSurrogate(lines.Text[cut]) && char.IsHighSurrogate(lines.Text[cut - 1]) ? 1 : 0);
    }
}
