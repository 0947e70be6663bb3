using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Storage;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>Takes pairs from folders and datastores.</summary>
/// <param name="home">The folder of the datastores.</param>
/// <param name="kinds">The kinds of pairs, as <c>--pairs</c> names them.</param>
/// <param name="seed">Chooses what is held out.</param>
internal sealed class PairReader(string home, IReadOnlyList<string> kinds, int seed)
{
    /// <summary>The most pairs of a kind in a source: one large source would outweigh all others.</summary>
    private const int MostOfKind = 20_000;

    /// <summary>The fewest pairs of a source: fewer make no batch.</summary>
    private const int LeastPairs = 32;

    /// <summary>Of so many pairs one is held out, with all others of its place.</summary>
    private const int HeldOutEvery = 10;

    private static readonly IPairKind[] s_kinds = [new DocumentationPairs(), new HeadingPairs(), new SentencePairs()];

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. s_kinds.Select(kind => kind.Name), CommitPairs.Name];

    /// <summary>Reads a source.</summary>
    /// <param name="name">The path of a folder, or the name of a datastore.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="TrainingException">There is no such source, or it holds too few pairs.</exception>
    public PairSource Read(string name, CancellationToken cancellation)
    {
        try
        {
            var pairs = Distinct(
                Directory.Exists(name) ? OfFolder(name, cancellation) : OfDatastore(name, cancellation)
            );
            if (pairs.Count < LeastPairs)
            {
                throw new TrainingException(
                    $"{name}: {pairs.Count} pairs of {string.Join(", ", kinds)} found, expected {LeastPairs} or more: "
                        + "documented functions, sections under headings, commits with subjects of four words."
                );
            }

            return Divide(name, pairs);
        }
        catch (Exception e) when (e is DatastoreException or ContextException)
        {
            throw new TrainingException(
                Directory.Exists(name) ? $"{name}: {e.Message}" : $"{name}: no folder, and {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// Holds out whole places, chosen by their names: the same ones in every run. A place with more than half of the pairs is
    /// learned from: held out, it would leave too little.
    /// </summary>
    /// <exception cref="TrainingException">All pairs are of one place.</exception>
    private PairSource Divide(string name, List<TextPair> pairs)
    {
        var heldOut = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        foreach (
            var place in pairs
                .GroupBy(pair => pair.Place, StringComparer.Ordinal)
                .Where(one => one.Count() <= pairs.Count / 2)
                .OrderBy(one => Seeds.Of(seed, one.Key))
        )
        {
            heldOut.Add(place.Key);
            count += place.Count();
            if (count >= pairs.Count / HeldOutEvery)
            {
                break;
            }
        }

        return count > 0
            ? new PairSource(
                name,
                [.. pairs.Where(pair => !heldOut.Contains(pair.Place))],
                [.. pairs.Where(pair => heldOut.Contains(pair.Place))]
            )
            : throw new TrainingException($"{name}: all pairs are of one file, expected two or more: one is held out.");
    }

    private IEnumerable<TextPair> OfFolder(string folder, CancellationToken cancellation)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var roots = new AllowedRoots(root);
        var reader = new DocumentReader(roots);
        var above = Path.GetDirectoryName(roots.Roots[0]) ?? roots.Roots[0];
        foreach (var file in new SourceScanner(roots).Scan(root, cancellation: cancellation).OfType<SourceFile>())
        {
            if (reader.TryRead(file, out var document, out _, cancellation: cancellation))
            {
                var path = Path.GetRelativePath(above, file.Path).Replace('\\', '/');
                foreach (var pair in Of(SourceText.Of(path, document.Kind, document.Text)))
                {
                    yield return pair;
                }
            }
        }

        foreach (var pair in OfCommits(roots.Roots[0], cancellation))
        {
            yield return pair;
        }
    }

    private List<TextPair> OfDatastore(string name, CancellationToken cancellation)
    {
        using var datastore = new DatastoreHome(home).Open(name);
        using var snapshot = datastore.Snapshot();
        var pairs = new List<TextPair>();
        foreach (var document in snapshot.Documents.All.OrderBy(document => document.Path, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            pairs.AddRange(
                Of(SourceText.Of(document.Path, StoredKind.Of(document), snapshot.Passages.TextOf(document)))
            );
        }

        foreach (var root in snapshot.Commits.Sources().Select(source => source.Root).Distinct())
        {
            pairs.AddRange(OfCommits(root, cancellation));
        }

        return pairs;
    }

    private IEnumerable<TextPair> Of(SourceText document) =>
        s_kinds.Where(kind => kinds.Contains(kind.Name)).SelectMany(kind => kind.Of(document));

    private IEnumerable<TextPair> OfCommits(string root, CancellationToken cancellation) =>
        kinds.Contains(CommitPairs.Name) ? CommitPairs.Read(root, cancellation) : [];

    /// <summary>
    /// In random order, each question and each passage once: a second one in a batch would count as wrong.
    /// </summary>
    private List<TextPair> Distinct(IEnumerable<TextPair> pairs)
    {
        var questions = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var passages = new HashSet<string>(StringComparer.Ordinal);
        var random = new Random(Seeds.Of(seed, 0));
        var distinct = pairs.ToArray();
        random.Shuffle(distinct);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. distinct.Where(IsNew)];

        bool IsNew(TextPair pair)
        {
            if (
                questions.Contains(pair.Question)
                || passages.Contains(pair.Passage)
                || counts.GetValueOrDefault(pair.Kind) == MostOfKind
            )
            {
                return false;
            }

            counts[pair.Kind] = counts.GetValueOrDefault(pair.Kind) + 1;
            return questions.Add(pair.Question) && passages.Add(pair.Passage);
        }
    }
}
