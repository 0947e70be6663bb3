using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Tests.Freshness;

/// <summary>
/// Two working trees in one datastore have one set of passages between them, and each is asked as if it were alone.
/// </summary>
public sealed class WorkingTreesTests : IAsyncLifetime
{
    private const string Keeper = "The keeper of the lighthouse wrote everything down, in ink, every single night.\n";
    private const string Pilot = "The pilot of the harbour slept through the storm and heard nothing of it at all.\n";

    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("trees-");
    private LongContextService _service = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var tree in new[] { "first", "second" })
        {
            Write($"{tree}/docs/notes.txt", Keeper);
            Write($"{tree}/docs/guide.md", "# Guide\n\nThe harbour opens at dawn.\n");
        }

        _service = Serve(_sandbox.FullName);
        await IngestAsync("first");
        await IngestAsync("second");
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task A_passage_of_both_is_found_once_with_its_other_place()
    {
        var evidence = Assert.Single((await AskAsync("keeper")).Evidence);

        Assert.Equal("first/docs/notes.txt:1-1", evidence.Citation);
        Assert.Equal(["second/docs/notes.txt:1-1"], evidence.AlsoAt);
        Assert.Equal(1, evidence.AlsoAtCount);
    }

    [Fact]
    public async Task Their_passages_are_counted_once_and_their_documents_by_themselves()
    {
        var datastore = Assert.Single(_service.ListDatastores());

        Assert.Equal((4, 2), (datastore.Documents, datastore.Passages));
        Assert.Equal(2, (await AskAsync("keeper")).SearchedPassages);
    }

    [Theory]
    [InlineData("keeper", "second/**", "second/docs/notes.txt:1-1")]
    [InlineData("keeper", "first/**", "first/docs/notes.txt:1-1")]
    [InlineData("keeper in second/docs/notes.txt", null, "second/docs/notes.txt:1-1")]
    [InlineData("the keeper in the second tree", null, "second/docs/notes.txt:1-1")]
    public async Task The_tree_that_is_asked_for_is_cited(string question, string? glob, string expected)
    {
        var evidence = (await AskAsync(question, glob)).Evidence[0];

        Assert.Equal(expected, evidence.Citation);
        Assert.Equal(glob is null ? 1 : 0, evidence.AlsoAtCount);
    }

    [Fact]
    public async Task Of_two_trees_the_one_of_the_working_directory_is_cited()
    {
        await using var inside = Serve(Path.Combine(_sandbox.FullName, "second"));

        var evidence = Assert.Single((await AskAsync("keeper", service: inside)).Evidence);

        Assert.Equal("docs/notes.txt:1-1", evidence.Citation);
        Assert.Equal([$"{_sandbox.FullName}/first/docs/notes.txt:1-1"], evidence.AlsoAt);
    }

    [Theory]
    [InlineData("first", "second")]
    [InlineData("second", "first")]
    public async Task A_change_in_one_tree_is_none_in_the_other(string changed, string other)
    {
        Write($"{changed}/docs/notes.txt", Pilot);

        var keeper = Assert.Single((await AskAsync("keeper")).Evidence);
        var pilot = Assert.Single((await AskAsync("pilot")).Evidence);

        Assert.Equal(($"{other}/docs/notes.txt:1-1", 0), (keeper.Citation, keeper.AlsoAtCount));
        Assert.Equal(($"{changed}/docs/notes.txt:1-1", 0), (pilot.Citation, pilot.AlsoAtCount));
        Assert.Empty((await AskAsync("keeper", $"{changed}/**")).Evidence);

        Write($"{changed}/docs/notes.txt", Keeper);

        Assert.Equal(1, Assert.Single((await AskAsync("keeper")).Evidence).AlsoAtCount);
        Assert.Empty((await AskAsync("pilot")).Evidence);
    }

    [Theory]
    [InlineData("first", "second")]
    [InlineData("second", "first")]
    public async Task A_tree_that_vanishes_leaves_the_other_whole(string gone, string left)
    {
        Directory.Delete(Path.Combine(_sandbox.FullName, gone), recursive: true);

        var evidence = Assert.Single((await AskAsync("keeper")).Evidence);
        Assert.Equal(($"{left}/docs/notes.txt:1-1", 0), (evidence.Citation, evidence.AlsoAtCount));

        await IngestAsync(gone);
        Assert.Equal((2, 2), await SizeAsync());
        Assert.Equal("Guide", Assert.Single((await AskAsync("dawn")).Evidence).Context);
    }

    [Fact]
    public async Task A_removed_document_is_not_seen_through_the_other_tree()
    {
        var removed = Path.Combine(_sandbox.FullName, "first/docs/notes.txt");
        await _service.RemoveDocumentAsync("default", removed, TestContext.Current.CancellationToken);

        Assert.Empty((await AskAsync("keeper", "first/**")).Evidence);
        Assert.Equal("second/docs/notes.txt:1-1", Assert.Single((await AskAsync("keeper")).Evidence).Citation);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_any_edits_of_both_every_answer_is_that_of_a_fresh_ingest(int seed)
    {
        var random = new Random(seed);
        string[] words = ["keeper", "pilot", "warden"];
        for (var round = 0; round < 12; round++)
        {
            for (var edit = random.Next(1, 5); edit > 0; edit--)
            {
                var file = $"{new[] { "first", "second" }[random.Next(2)]}/docs/{"abc"[random.Next(3)]}.txt";
                if (random.Next(4) == 0)
                {
                    File.Delete(Path.Combine(_sandbox.FullName, file));
                }
                else
                {
                    Write(
                        file,
                        $"The {words[random.Next(3)]} of the island kept the log of every ship that passed the cape.\n"
                    );
                }
            }

            var folder = Path.Combine(_sandbox.FullName, $"fresh-{round}");
            await using var fresh = Serve(_sandbox.FullName, folder);
            await IngestAsync("first", fresh);
            await IngestAsync("second", fresh);
            foreach (var word in words)
            {
                Assert.Equal(await PlacesAsync(word, fresh), await PlacesAsync(word, _service));
            }
        }

        Assert.True(
            (await _service.VerifyAsync("default", repair: false, TestContext.Current.CancellationToken)).Sound
        );
    }

    /// <summary>Everywhere that a word is found.</summary>
    private async Task<IEnumerable<string>> PlacesAsync(string word, LongContextService service) =>
        (await AskAsync(word, service: service))
            .Evidence.Where(evidence => evidence.Text.Contains(word, StringComparison.Ordinal))
            .SelectMany(evidence => evidence.AlsoAt.Prepend(evidence.Citation))
            .Order(StringComparer.Ordinal);

    private async Task<(int Documents, int Passages)> SizeAsync()
    {
        await AskAsync("nothing");
        var datastore = Assert.Single(_service.ListDatastores());
        return (datastore.Documents, datastore.Passages);
    }

    private LongContextService Serve(string workingDirectory, string? home = null) =>
        new(
            new LongContextOptions
            {
                Home = home ?? Path.Combine(_sandbox.FullName, "home"),
                InstallDefaultEncoder = false,
                WorkingDirectory = workingDirectory,
                AllowedRoots = [_sandbox.FullName],
            },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance
        );

    private Task<QueryResult> AskAsync(string question, string? glob = null, LongContextService? service = null) =>
        (service ?? _service).QueryAsync(
            new QueryRequest { Question = question, PathGlob = glob },
            TestContext.Current.CancellationToken
        );

    private Task<IngestReport> IngestAsync(string tree, LongContextService? service = null) =>
        (service ?? _service).IngestAsync(
            new IngestRequest { Paths = [Path.Combine(_sandbox.FullName, tree)], Wait = null },
            null,
            TestContext.Current.CancellationToken
        );

    private void Write(string relative, string content)
    {
        var path = Path.Combine(_sandbox.FullName, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
