using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The passages of hits in their order, with the tokens of what is shown of them. They are read some at a time, so that
/// all cores count, and not many more than a page has room for.
/// </summary>
/// <param name="reader">Where the texts are.</param>
/// <param name="hits">Ranked, best first.</param>
internal sealed class CountedPassages(IEvidenceSource reader, IReadOnlyList<RankedPassage> hits)
{
    /// <summary>Passages that are read ahead of a page's end are read in vain.</summary>
    private const int ReadAtOnce = 8;

    /// <summary>Tokens are mostly shorter: what this says is too much for a page is.</summary>
    private const int CharactersOfToken = 6;

    private readonly List<CountedPassage?> _read = [];
    private int _first;

    /// <summary>The passage of a hit; <see langword="null"/> when it is not there or damaged.</summary>
    /// <param name="hit">The place of the hit, not before the one asked for last.</param>
    /// <param name="room">The tokens that a page has room for.</param>
    public CountedPassage? Find(int hit, int room)
    {
        if (hit >= _first + _read.Count)
        {
            Read(hit, room);
        }

        return _read[hit - _first];
    }

    private void Read(int first, int room)
    {
        _first = first;
        _read.Clear();
        do
        {
            var passage = reader.TryGet(hits[first + _read.Count].Id, out var found) ? new CountedPassage(found) : null;
            _read.Add(passage);
            room -= (passage?.Shown.Length ?? 0) / CharactersOfToken;
        } while (room > 0 && _read.Count < ReadAtOnce && first + _read.Count < hits.Count);

        Parallel.ForEach(_read.OfType<CountedPassage>(), static passage => passage.Count());
    }
}

/// <summary>A passage and the tokens of what is shown of it.</summary>
/// <param name="Passage">The passage.</param>
internal sealed record CountedPassage(Passage Passage)
{
    /// <summary>Its text without blank lines at the ends.</summary>
    public string Shown { get; } = WithoutBlankEnds(Passage.Text);

    /// <summary>The tokens of <see cref="Shown"/>, when they are counted.</summary>
    public int Tokens { get; private set; }

    /// <summary>Counts the tokens.</summary>
    public void Count() => Tokens = TokenCounter.Count(Shown);

    /// <summary>Blank lines belong to no citation; the indentation of the first line stays.</summary>
    public static string WithoutBlankEnds(string text)
    {
        var body = text.AsSpan().TrimStart();
        var indentation = text.AsSpan(0, text.Length - body.Length);
        return text[(indentation.LastIndexOf('\n') + 1)..].TrimEnd();
    }
}
