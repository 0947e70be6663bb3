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

    private const double FileGain = 4;

    /// <summary>Above the passages that mention the file, where nothing else is asked.</summary>
    private const double OnlyFileGain = 150;

    private const int MaxFiles = 50;
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
        AddFrames(gains, snapshot, question);
        AddFiles(gains, snapshot, scope, question, cancellation);
    }

    private static void AddFrames(Dictionary<long, double> gains, DatastoreSnapshot snapshot, Question question)
    {
        if (question.Frames.Count == 0)
        {
            return;
        }

        var names = question.Frames.Select(frame => StemOf(frame.Path)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var byStem = snapshot
            .Documents.All.Where(document => names.Contains(StemOf(document.Path)))
            .ToLookup(document => StemOf(document.Path), StringComparer.OrdinalIgnoreCase);
        var found = new List<long>();
        foreach (var frame in question.Frames)
        {
            var places = DocumentsOf(frame, byStem[StemOf(frame.Path)])
                .Select(document => PassageOf(snapshot, document, frame))
                .OfType<long>()
                .Except(found)
                .ToList();
            foreach (var passage in places)
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

    /// <summary>The documents whose path ends as that of a call does, as far as possible.</summary>
    private static List<StoredDocument> DocumentsOf(StackFrame frame, IEnumerable<StoredDocument> documents)
    {
        const int MostAlike = 2;
        var wanted = PartsOf(frame.Path);
        var hasExtension = frame.Function.Length == 0;
        var alike = documents
            .Select(document => (Document: document, Count: CommonEnd(wanted, PartsOf(document.Path), hasExtension)))
            .Where(pair => pair.Count > 0)
            .ToList();
        var most = alike.Count == 0 ? 0 : alike.Max(pair => pair.Count);
        var isLibrary = wanted.SkipLast(1).Any(part => s_libraries.Contains(part, StringComparer.OrdinalIgnoreCase));
        List<StoredDocument> best =
        [
            .. alike
                .Where(pair => pair.Count == most)
                .Select(pair => pair.Document)
                .DistinctBy(document => (document.FirstPassage, document.PassageCount)),
        ];
        return best.Count > MostAlike || (most == 1 && isLibrary) ? [] : best;
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

    private static void AddFiles(
        Dictionary<long, double> gains,
        DatastoreSnapshot snapshot,
        PassageScope scope,
        Question question,
        CancellationToken cancellation
    )
    {
        var named = new NamedFiles(question.Text);
        var files = snapshot.Documents.All.Where(document => named.Has(document.Path)).Take(MaxFiles + 1).ToList();
        if (files.Count is 0 or > MaxFiles)
        {
            return;
        }

        double all = snapshot.Documents.All.Count;
        var rarity = Math.Log(1 + (all / files.Count)) / Math.Log(1 + all);
        var gain = question.IsLiteral ? OnlyFileGain : FileGain * rarity;
        var terms = question.Terms.Select(term => new WeightedTerm(term)).ToList();
        foreach (var file in files.Where(file => file.PassageCount > 0).DistinctBy(file => file.FirstPassage))
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(FirstPassages, file.PassageCount);
            var passages = Enumerable.Range(0, count).Select(index => file.FirstPassage + index);
            if (file.PassageCount > FirstPassages)
            {
                var only = PassageScope.Of([file]);
                var best = snapshot.Lexical.Search(terms, only, BestPassages, new ColumnWeights(), cancellation);
                passages = passages.Union(best.Select(passage => passage.Passage));
            }

            foreach (var passage in passages.Where(scope.Contains))
            {
                gains[passage] = gains.GetValueOrDefault(passage) + gain;
            }
        }
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
