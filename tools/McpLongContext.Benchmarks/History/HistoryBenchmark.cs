using System.Globalization;
using McpLongContext.Benchmarks.EndToEnd;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;
using McpLongContext.Storage.Commits;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Benchmarks.History;

/// <summary>
/// The gain that a history would bring to the ranking of files: repositories are ingested as they were before their newest
/// commits, whose subjects are asked. The share of questions with a touched file, and with all of them, among the
/// first five files, for the ranking alone and with a signal of the history added by several weights.
/// </summary>
internal static class HistoryBenchmark
{
    private const int Questions = 100;
    private const int Top = 5;
    private const int Candidates = 200;
    private const int Commits = 200;

    private static readonly double[] s_weights = [0, 0.25, 0.5, 1, 1.5, 2, 3];

    /// <summary>Measures repositories.</summary>
    /// <param name="output">Where the table goes.</param>
    /// <param name="repositories">Clones, or bare repositories.</param>
    /// <param name="encodes">Whether embeddings rank, too.</param>
    public static void Run(TextWriter output, IReadOnlyList<string> repositories, bool encodes)
    {
        output.WriteLine(
            $"{"hit@5/all@5 by weight", -32}{string.Concat(s_weights.Select(weight => Invariant($"{weight, 12}")))}{"program", 12}"
        );
        foreach (var repository in repositories)
        {
            Measure(output, repository, encodes);
        }
    }

    private static void Measure(TextWriter output, string repository, bool encodes)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(repository)));
        var later = LaterCommits.Of(repository, Questions);
        using var home = encodes ? Home.Create() : Home.WithoutModels();
        var tree = Path.Combine(home.Folder, "tree");
        LaterCommits.Git(home.Folder, "clone", "-q", "--no-checkout", Path.GetFullPath(repository), tree);
        LaterCommits.Git(tree, "checkout", "-q", "--detach", later.Base);
        home.Run("ingest", tree, "--wait");
        using var datastore = new DatastoreHome(home.Folder).Open("default");
        using var snapshot = datastore.Snapshot();
        var commits = snapshot.Commits.Newest(int.MaxValue).Select(found => found.Commit).ToList();
        var associations = new FileAssociations(commits);
        var files = snapshot
            .Documents.All.Select(document => Path.GetRelativePath(tree, document.Path))
            .ToHashSet(StringComparer.Ordinal);
        using var model = encodes ? Encoder() : null;
        var encoder = model is null ? null : new RetrievalEncoder(model);
        var asked = later
            .Questions.Where(question => QueryAnalyzer.Analyze(question.Subject).IsChangeRequest)
            .Select(question => new Asked(
                Ranked(snapshot, encoder, tree, question.Subject, usesHistory: false),
                Ranked(snapshot, encoder, tree, question.Subject, usesHistory: true),
                Normalized(OfCommits(snapshot.Commits, question.Subject), files),
                Normalized(associations.Of(QueryAnalyzer.Analyze(question.Subject).Terms), files),
                question.Files
            ))
            .ToList();
        output.WriteLine(
            Invariant(
                $"{name}: {asked.Count} of {later.Questions.Count} ask for a change, {files.Count} files, {commits.Count} commits before"
            )
        );
        Print(output, "  commits by BM25", asked, question => question.Commits);
        Print(output, "  learned associations", asked, question => question.Associations);
    }

    private static void Print(
        TextWriter output,
        string name,
        IReadOnlyList<Asked> asked,
        Func<Asked, Dictionary<string, double>> signal
    )
    {
        var cells = s_weights
            .Select(weight => asked.Select(question => question.First(signal(question), weight)).ToList())
            .Append([.. asked.Select(question => Asked.First(question.Program))])
            .Select(Cell);
        output.WriteLine($"{name, -32}{string.Concat(cells)}");

        string Cell(List<HashSet<string>> first)
        {
            var hit = asked.Zip(first).Count(pair => pair.First.Gold.Overlaps(pair.Second));
            var all = asked.Zip(first).Count(pair => pair.First.Gold.IsSubsetOf(pair.Second));
            return Invariant($"{100.0 * hit / asked.Count, 7:0.0}/{100.0 * all / asked.Count, 4:0.0}");
        }
    }

    private static LoadedEncoder Encoder()
    {
        var models = new ModelStore();
        var name = models.Catalog.DefaultEncoder.Name;
        return new LoadedEncoder(models.List().First(model => model.Name == name), Precision.Int8);
    }

    /// <summary>The files in the order of the program's ranking, with the score of their best passage.</summary>
    private static Dictionary<string, double> Ranked(
        DatastoreSnapshot snapshot,
        RetrievalEncoder? encoder,
        string tree,
        string question,
        bool usesHistory
    )
    {
        var index = encoder is null ? null : snapshot.Embeddings(encoder.Key);
        var ranker = new PassageRanker(snapshot, encoder, index) { UsesHistory = usesHistory };
        return ranker
            .Rank(QueryAnalyzer.Analyze(question), PassageScope.All, CancellationToken.None)
            .Passages.GroupBy(passage => Path.GetRelativePath(tree, passage.Document.Path))
            .Take(Candidates)
            .ToDictionary(file => file.Key, file => file.Max(passage => passage.Score));
    }

    /// <summary>The files of the commits that a question finds, each commit shared among its files.</summary>
    private static Dictionary<string, double> OfCommits(CommitIndex index, string question)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var found in index.Search(QueryAnalyzer.Analyze(question).Terms, Commits))
        {
            foreach (var file in found.Commit.Files)
            {
                scores[file.Path] = scores.GetValueOrDefault(file.Path) + (found.Score / found.Commit.FileCount);
            }
        }

        return scores;
    }

    /// <summary>The scores of files that there are, the best of them 1.</summary>
    private static Dictionary<string, double> Normalized(Dictionary<string, double> scores, HashSet<string> files)
    {
        var kept = scores.Where(score => files.Contains(score.Key)).ToList();
        var best = kept.Count == 0 ? 1 : kept.Max(score => score.Value);
        return kept.ToDictionary(score => score.Key, score => score.Value / best, StringComparer.Ordinal);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A question with its signals and its gold.</summary>
    private sealed record Asked(
        Dictionary<string, double> Ranked,
        Dictionary<string, double> Program,
        Dictionary<string, double> Commits,
        Dictionary<string, double> Associations,
        IReadOnlySet<string> Gold
    )
    {
        /// <summary>The first files when a signal is added; a file that was not ranked counts as the last one.</summary>
        public HashSet<string> First(Dictionary<string, double> signal, double weight)
        {
            var last = Ranked.Count == 0 ? 0 : Ranked.Values.Min();
            return First(
                Ranked
                    .Keys.Union(weight > 0 ? signal.Keys : [])
                    .ToDictionary(
                        file => file,
                        file => Ranked.GetValueOrDefault(file, last) + (weight * signal.GetValueOrDefault(file))
                    )
            );
        }

        /// <summary>The files with the best scores.</summary>
        public static HashSet<string> First(Dictionary<string, double> scores) =>
            scores
                .OrderByDescending(score => score.Value)
                .ThenBy(score => score.Key, StringComparer.Ordinal)
                .Take(Top)
                .Select(score => score.Key)
                .ToHashSet(StringComparer.Ordinal);
    }
}
