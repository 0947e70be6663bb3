using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Context.Retrieval;
using McpLongContext.Distributed.Management;
using McpLongContext.Distributed.Tests.Infrastructure;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Distributed.Tests.Querying;

/// <summary>A datastore over shards ranks as one datastore that holds everything: the same passages, the same scores.</summary>
public sealed class SameAnswerTests
{
    private const string Pulled = "pulled";

    private static readonly int[] s_shards = [1, 2, 4, 8];

    /// <summary>Every kind of question, and what in it needs the whole collection.</summary>
    private static readonly string[] s_questions =
    [
        "how are token embeddings quantized?",
        "where is the lexical index searched by BM25",
        "DatastoreSnapshot",
        "TermVariants.HashesOf",
        "\"document frequency\"",
        "`ORDER BY l.rank`",
        "websocket or stylesheet",
        "Returns the best passages for the terms, best first.",
        "LexicalIndex.cs",
        "docs/decisions/fusion.md why standard scores",
        "error: DatastoreCorruptException while a passage is read",
        "Unhandled exception. System.InvalidOperationException: x\n   at McpLongContext.Storage.Lexical.LexicalIndex.Search() in /src/McpLongContext.Storage/Lexical/LexicalIndex.cs:line 60\n   at McpLongContext.Storage.Lexical.ExactSearch.Find() in /src/McpLongContext.Storage/Lexical/ExactSearch.cs:line 40",
        "what is the value of 4096 and who uses it",
        "the",
        "stemmer stop words",
        "Fix the removal of shared passages",
        "tests of the compactor",
        "zzzunknownword",
    ];

    /// <summary>Counts exactly from the first question on.</summary>
    static SameAnswerTests() => TokenCounter.Load();

    [Fact]
    public async Task Without_an_encoder() =>
        await CompareAsync(encodes: false, ["src/McpLongContext.Storage", "docs"]);

    [Fact]
    public async Task With_an_encoder() =>
        await CompareAsync(encodes: true, ["src/McpLongContext.Storage/Lexical", "docs/decisions"]);

    private static async Task CompareAsync(bool encodes, string[] folders)
    {
        using var sandbox = new Sandbox();
        var root = sandbox.Work;
        Corpus.Copy(root, folders);
        await using var whole = new LongContextService(
            new LongContextOptions
            {
                Home = Path.Combine(sandbox.Home, "plain"),
                Models = encodes ? LongContextHome.Models : null,
                InstallDefaultEncoder = encodes,
                WorkingDirectory = root,
                AllowedRoots = [root],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await using var silo = await TestSilo.StartAsync(Path.Combine(sandbox.Home, "silo"), root, encodes);
        var ingest = new IngestRequest { Paths = [root], Wait = null };
        var report = await whole.IngestAsync(ingest, progress: null, TestContext.Current.CancellationToken);
        foreach (var shards in s_shards)
        {
            await silo.CreateAsync($"docs{shards}", shards);
            var sharded = await silo.IngestAsync(ingest with { Datastore = $"docs{shards}" });
            Assert.Equal((report.Added, report.Passages), (sharded.Added, sharded.Passages));
            Assert.Equal(report.State, sharded.State);
        }

        await PullAsync(silo, whole, Path.Combine(sandbox.Home, "docs4.backup"));
        var different = new List<string>();
        foreach (var question in s_questions)
        {
            foreach (var glob in new[] { null, "**/*.cs" })
            {
                var request = new QueryRequest { Question = question, PathGlob = glob };
                different.AddRange(await CompareAsync(whole, silo, request));
            }
        }

        Assert.Empty(different);
    }

    /// <summary>Copies a datastore of the cluster to the one machine, as <c>pull</c> does.</summary>
    private static async Task PullAsync(TestSilo silo, LongContextService whole, string file)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await silo.Get<ClusterBackup>().WriteAsync("docs4", file, cancellation);
        var pulled = await whole.Get<DatastoreManager>().RestoreAsync(file, Pulled, cancellation);
        var own = whole.ShowDatastore("default").Summary;
        Assert.Equal(
            (own.Documents, own.Passages, own.Tokens, own.PendingDocuments),
            (pulled.Documents, pulled.Passages, pulled.Tokens, pulled.PendingDocuments)
        );
    }

    /// <summary>The first difference of each number of shards, and of the datastore that was pulled.</summary>
    private static async Task<List<string>> CompareAsync(LongContextService whole, TestSilo silo, QueryRequest request)
    {
        var different = new List<string>();
        var expected = await PagesAsync(one => whole.QueryAsync(one, TestContext.Current.CancellationToken), request);
        foreach (var datastore in s_shards.Select(shards => $"docs{shards}").Append(Pulled))
        {
            var found = await PagesAsync(
                one =>
                    datastore == Pulled
                        ? whole.QueryAsync(one, TestContext.Current.CancellationToken)
                        : silo.QueryAsync(one),
                request with
                {
                    Datastore = datastore,
                }
            );
            var at = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
            if (at < expected.Count || expected.Count != found.Count)
            {
                different.Add(
                    $"{datastore}, {request.Question} {request.PathGlob}, line {at}:\n  expected "
                        + $"{expected.ElementAtOrDefault(at)}\n  found    {found.ElementAtOrDefault(at)}"
                );
            }
        }

        return different;
    }

    /// <summary>Three pages of evidence, each piece with all that is shown of it.</summary>
    private static async Task<List<string>> PagesAsync(Func<QueryRequest, Task<QueryResult>> ask, QueryRequest request)
    {
        const int Pages = 3;
        var pages = new List<string>();
        for (var page = 0; page < Pages; page++)
        {
            var result = await ask(request);
            pages.Add($"{request.Question} {request.PathGlob} page {page}: {result.Tokens} {result.SearchedPassages}");
            pages.AddRange(
                result.Evidence.Select(one =>
                    $"{one.Citation} {one.Score:R} [{one.Context}] {string.Join(',', one.Symbols)} "
                    + $"{string.Join('|', one.Highlights.Select(mark => mark.Text))} {string.Join(',', one.AlsoAt)} "
                    + one.Text
                )
            );
            if (result.NextCursor is null)
            {
                break;
            }

            request = request with { Cursor = result.NextCursor };
        }

        return pages;
    }
}
