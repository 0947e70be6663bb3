using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Passages with the same text: vendored files, generated ones, repeated blocks of a log, files of several working
/// trees. The first of them that is taken stands for the others.
/// </summary>
internal sealed class PassageCopies
{
    /// <summary>Shorter passages, such as turns of a dialogue, mean something by where they stand.</summary>
    private const int MinLength = 64;

    private readonly Dictionary<string, Original> _byText = new(StringComparer.Ordinal);
    private readonly Dictionary<(ContentKey Content, long Ordinal), Original> _byContent = [];
    private readonly Dictionary<long, Original> _byPassage = [];
    private readonly PassagePlaces? _documents;

    /// <summary>Begins after the pages before.</summary>
    /// <param name="reader">Where the texts are.</param>
    /// <param name="documents">The documents that share passages.</param>
    /// <param name="taken">The hits of those pages.</param>
    public PassageCopies(IEvidenceSource reader, PassagePlaces? documents, IEnumerable<RankedPassage> taken)
    {
        _documents = documents;
        foreach (var hit in taken)
        {
            if (reader.TryGet(hit.Id, out var passage))
            {
                Take(hit, passage);
            }
        }
    }

    /// <summary>A place of a text: lines of a document.</summary>
    public sealed record Place(StoredDocument Document, long First, long Last, int StartLine, int EndLine);

    /// <summary>Shows a passage: those with its text are copies from now on.</summary>
    public void Take(RankedPassage hit, Passage passage)
    {
        if (passage.Text.AsSpan().Trim().Length >= MinLength)
        {
            var original = new Original(passage.StartLine, passage.EndLine);
            _byText.TryAdd(KeyOf(passage), original);
            _byContent.TryAdd(KeyOf(hit), original);
            _byPassage[hit.Id] = original;
        }
    }

    /// <summary>Whether the text of a passage was taken before; then its place is remembered.</summary>
    public bool IsCopy(RankedPassage hit, Passage passage)
    {
        if (!_byText.TryGetValue(KeyOf(passage), out var original))
        {
            return false;
        }

        Remember(original, hit, passage.StartLine, passage.EndLine);
        return true;
    }

    /// <summary>
    /// Remembers the places of copies among the hits of later pages, as far as their documents are the same.
    /// </summary>
    public void LookAhead(IEnumerable<RankedPassage> later)
    {
        foreach (var hit in later)
        {
            if (_byContent.TryGetValue(KeyOf(hit), out var original))
            {
                Remember(original, hit, original.StartLine, original.EndLine);
            }
        }
    }

    /// <summary>The other places of passages in a row, best first; those in a row are one place.</summary>
    public IReadOnlyList<Place> PlacesOf(StoredDocument document, IReadOnlyList<Passage> passages)
    {
        var (first, last) = (passages[0], passages[^1]);
        var places = SharingWith(document)
            .Select(other => new Place(other, first.Id, last.Id, first.StartLine, last.EndLine))
            .ToList();
        foreach (var passage in passages)
        {
            foreach (var copy in _byPassage.GetValueOrDefault(passage.Id)?.Copies ?? [])
            {
                var before = places.FindIndex(place =>
                    place.Document.Id == copy.Document.Id && place.Last + 1 == copy.First
                );
                if (before < 0)
                {
                    places.Add(copy);
                }
                else
                {
                    places[before] = places[before] with { Last = copy.Last, EndLine = copy.EndLine };
                }
            }
        }

        return places;
    }

    private void Remember(Original original, RankedPassage copy, int startLine, int endLine) =>
        original.Copies.AddRange(
            SharingWith(copy.Document)
                .Prepend(copy.Document)
                .Select(document => new Place(document, copy.Id, copy.Id, startLine, endLine))
        );

    private IEnumerable<StoredDocument> SharingWith(StoredDocument document) => _documents?.OthersOf(document) ?? [];

    private static (ContentKey Content, long Ordinal) KeyOf(RankedPassage hit) =>
        (hit.Document.ContentKey, hit.Id - hit.Document.FirstPassage);

    /// <summary>Ends of lines and the blanks before them do not make another text.</summary>
    private static string KeyOf(Passage passage) =>
        string.Join('\n', passage.Text.Trim().Split('\n').Select(line => line.TrimEnd()));

    /// <summary>A passage that stands for others.</summary>
    private sealed class Original(int startLine, int endLine)
    {
        public int StartLine { get; } = startLine;

        public int EndLine { get; } = endLine;

        public List<Place> Copies { get; } = [];
    }
}
