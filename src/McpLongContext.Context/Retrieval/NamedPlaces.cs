using McpLongContext.Storage;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The gain of a passage for being what a question names: the lines of a stack trace, that of the failure most, and
/// files by their name or path.
/// </summary>
internal static class NamedPlaces
{
    /// <summary>Above every fused score, which is 2 to 4 for the best, and above phrases.</summary>
    private const double FrameGain = 40;

    private const double FrameStep = 4;
    private const int MaxFrames = 8;

    /// <summary>More places of a call are none that it means.</summary>
    private const int MostAlike = 2;

    private const double FileGain = 4;

    /// <summary>Above the passages that mention the file, where nothing else is asked.</summary>
    private const double OnlyFileGain = 150;

    public const int MaxFiles = 50;
    private const int FirstPassages = 16;
    private const int BestPassages = 32;

    /// <summary>
    /// Folders of code that is installed, not written: a file name alone is no match for what lies there.
    /// </summary>
    private static readonly string[] s_libraries =
    [
        "site-packages",
        "dist-packages",
        "node_modules",
        "vendor",
        "gems",
        "registry",
        "rustc",
        "lib",
        "usr",
    ];

    /// <summary>Adds the gains of what a question names.</summary>
    public static void AddTo(
        Dictionary<long, double> gains,
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        CancellationToken cancellation
    )
    {
        AddFrames(gains, question, FramesIn(snapshot, question));
        var files = FilesIn(snapshot, question);
        if (files.Count is 0 or > MaxFiles)
        {
            return;
        }

        var terms = question.Terms.Select(term => new WeightedTerm(term)).ToList();
        var passages = PassagesOf(
            files,
            only => snapshot.Lexical.Search(terms, only, BestPassages, new ColumnWeights(), cancellation)
        );
        AddFiles(gains, question, passages.Where(scope.Contains), files.Count, snapshot.Documents.All.Count);
    }

    /// <summary>The places of each call of a question, those whose path ends most like it, by path.</summary>
    public static IReadOnlyList<FramePlace>[] FramesIn(DatastoreSnapshot snapshot, Question question)
    {
        if (question.Frames.Count == 0)
        {
            return [];
        }

        var names = question.Frames.Select(frame => StemOf(frame.Path)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var byStem = snapshot
            .Documents.All.Where(document => names.Contains(StemOf(document.Path)))
            .ToLookup(document => StemOf(document.Path), StringComparer.OrdinalIgnoreCase);
        return [.. question.Frames.Select(frame => PlacesOf(snapshot, frame, byStem[StemOf(frame.Path)]))];
    }

    /// <summary>Adds the gains of the calls of a question.</summary>
    /// <param name="gains">The gains by passage.</param>
    /// <param name="question">The question.</param>
    /// <param name="places">The places of each call, by path.</param>
    public static void AddFrames(Dictionary<long, double> gains, Question question, IReadOnlyList<FramePlace>[] places)
    {
        var found = new List<long>();
        foreach (var (frame, candidates) in question.Frames.Zip(places))
        {
            foreach (var passage in Choose(frame, candidates).Except(found).ToList())
            {
                gains[passage] = gains.GetValueOrDefault(passage) + FrameGain - (FrameStep * found.Count);
                found.Add(passage);
            }

            if (found.Count >= MaxFrames)
            {
                break;
            }
        }
    }

    /// <summary>The files that a question names; of too many, one more than the most.</summary>
    public static IReadOnlyList<StoredDocument> FilesIn(DatastoreSnapshot snapshot, Question question)
    {
        var named = new NamedFiles(question.Text);
        return [.. snapshot.Documents.All.Where(document => named.Has(document.Path)).Take(MaxFiles + 1)];
    }

    /// <summary>The passages of named files that gain: the first of each, and the best of a long one.</summary>
    /// <param name="files">The files.</param>
    /// <param name="search">The best passages in a scope for the terms of the question.</param>
    public static IEnumerable<long> PassagesOf(
        IEnumerable<StoredDocument> files,
        Func<PassageScope, IReadOnlyList<ScoredPassage>> search
    )
    {
        foreach (var file in files.Where(file => file.PassageCount > 0).DistinctBy(file => file.FirstPassage))
        {
            var count = Math.Min(FirstPassages, file.PassageCount);
            var passages = Enumerable.Range(0, count).Select(index => file.FirstPassage + index);
            if (file.PassageCount > FirstPassages)
            {
                var best = search(PassageScope.Of([file])).Take(BestPassages);
                passages = passages.Union(best.Select(passage => passage.Passage));
            }

            foreach (var passage in passages)
            {
                yield return passage;
            }
        }
    }

    /// <summary>Adds the gain of named files.</summary>
    /// <param name="gains">The gains by passage.</param>
    /// <param name="question">The question.</param>
    /// <param name="passages">Their passages in scope.</param>
    /// <param name="files">How many files are named.</param>
    /// <param name="documents">How many documents there are.</param>
    public static void AddFiles(
        Dictionary<long, double> gains,
        Question question,
        IEnumerable<long> passages,
        int files,
        double documents
    )
    {
        var rarity = Math.Log(1 + (documents / files)) / Math.Log(1 + documents);
        var gain = question.IsLiteral ? OnlyFileGain : FileGain * rarity;
        foreach (var passage in passages)
        {
            gains[passage] = gains.GetValueOrDefault(passage) + gain;
        }
    }

    /// <summary>
    /// The documents whose path ends as that of a call does, as far as possible; of too many, one more than the most.
    /// </summary>
    private static List<FramePlace> PlacesOf(
        DatastoreSnapshot snapshot,
        StackFrame frame,
        IEnumerable<StoredDocument> documents
    )
    {
        var wanted = PartsOf(frame.Path);
        var hasExtension = frame.Function.Length == 0;
        var alike = documents
            .Select(document => (Document: document, Count: CommonEnd(wanted, PartsOf(document.Path), hasExtension)))
            .Where(pair => pair.Count > 0)
            .ToList();
        var most = alike.Count == 0 ? 0 : alike.Max(pair => pair.Count);
        List<StoredDocument> best =
        [
            .. alike
                .Where(pair => pair.Count == most)
                .Select(pair => pair.Document)
                .DistinctBy(document => (document.FirstPassage, document.PassageCount))
                .Take(MostAlike + 1),
        ];
        return
        [
            .. best.Select(document => new FramePlace(
                document.Path,
                most,
                best.Count > MostAlike ? null : PassageOf(snapshot, document, frame)
            )),
        ];
    }

    private static IEnumerable<long> Choose(StackFrame frame, IReadOnlyList<FramePlace> places)
    {
        var most = places.Count == 0 ? 0 : places.Max(place => place.CommonEnd);
        List<FramePlace> best = [.. places.Where(place => place.CommonEnd == most)];
        var isLibrary = PartsOf(frame.Path)
            .SkipLast(1)
            .Any(part => s_libraries.Contains(part, StringComparer.OrdinalIgnoreCase));
        return best.Count > MostAlike || (most == 1 && isLibrary)
            ? []
            : best.Select(place => place.Passage).OfType<long>();
    }

    /// <summary>The passage of a line; where the line is not known, the first that has the function.</summary>
    private static long? PassageOf(DatastoreSnapshot snapshot, StoredDocument document, StackFrame frame)
    {
        if (document.PassageCount == 0)
        {
            return null;
        }

        var last = document.FirstPassage + document.PassageCount - 1;
        if (frame.Line == 0)
        {
            return snapshot
                .Passages.WholeBetween(document.FirstPassage, last)
                .FirstOrDefault(passage => passage.Text.Contains(frame.Function, StringComparison.Ordinal))
                ?.Id;
        }

        var (low, high) = (document.FirstPassage, last);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (snapshot.Passages.TryGet(middle, out var passage) && passage.StartLine > frame.Line)
            {
                high = middle - 1;
            }
            else
            {
                low = middle;
            }
        }

        return low;
    }

    private static int CommonEnd(string[] left, string[] right, bool hasExtension)
    {
        var count = 0;
        while (count < left.Length && count < right.Length)
        {
            var (a, b) = (left[^(count + 1)], right[^(count + 1)]);
            b = count == 0 && !hasExtension ? StemOf(b) : b;
            if (!a.Equals(b, StringComparison.OrdinalIgnoreCase))
            {
                break;
            }

            count++;
        }

        return count;
    }

    private static string[] PartsOf(string path) => path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);

    private static string StemOf(string path)
    {
        var name = path.AsSpan()[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        return (name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : name).ToString();
    }
}

/// <summary>A place that a call of a stack trace may mean.</summary>
/// <param name="Path">The path of the document.</param>
/// <param name="CommonEnd">The parts of the path, from the last one on, that are those of the call.</param>
/// <param name="Passage">The passage of the call; <see langword="null"/> where it is not known.</param>
internal readonly record struct FramePlace(string Path, int CommonEnd, long? Passage);
