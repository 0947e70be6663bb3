using McpLongContext.Storage.Analysis;

namespace McpLongContext.Storage.Catalog;

/// <summary>The terms of a document's passages, in the form in which FTS5 takes them.</summary>
internal sealed class PassageTerms
{
    private readonly byte[] _utf8;

    /// <summary>Where the terms of a passage's text end, then those of its context, and so on.</summary>
    private readonly int[] _ends;

    private PassageTerms(IReadOnlyList<NewPassage> passages, byte[] utf8, int[] ends) =>
        (Passages, _utf8, _ends) = (passages, utf8, ends);

    /// <summary>The passages that they were taken from.</summary>
    public IReadOnlyList<NewPassage> Passages { get; }

    /// <summary>Takes the terms of the passages.</summary>
    public static PassageTerms Of(IReadOnlyList<NewPassage> passages)
    {
        var terms = new TermBuffer(keepsDiacritics: true);
        var ends = new int[2 * passages.Count];
        for (var i = 0; i < passages.Count; i++)
        {
            TermAnalyzer.Append(passages[i].Text, terms);
            ends[2 * i] = terms.Utf8.Length;
            TermAnalyzer.Append(passages[i].Context, terms);
            ends[(2 * i) + 1] = terms.Utf8.Length;
        }

        return new PassageTerms(passages, terms.Utf8.ToArray(), ends);
    }

    /// <summary>The terms of a passage's text, as UTF-8 with spaces between them.</summary>
    public ReadOnlySpan<byte> OfText(int passage) => Part(2 * passage);

    /// <summary>The terms of what a passage stands under.</summary>
    public ReadOnlySpan<byte> OfContext(int passage) => Part((2 * passage) + 1);

    private ReadOnlySpan<byte> Part(int index) => _utf8.AsSpan((index == 0 ? 0 : _ends[index - 1]).._ends[index]);
}
