using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Ranking;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>The rules that decide where words alone do not.</summary>
public sealed class RankingTests
{
    private readonly SnapshotSearch _retriever = new(
        new DocumentPaths(SampleDatastore.WorkingDirectory),
        TimeProvider.System
    );

    [Theory]
    [InlineData("Timeout")]
    [InlineData("where is Timeout defined")]
    public void A_definition_ranks_before_its_uses_and_before_what_is_named_in_other_capitals(string question)
    {
        using var sample = new SampleDatastore(
            ("src/client.py", "Code", "def timeout(value): return Timeout(value)"),
            ("src/config.py", "Code", "class Timeout:\n    connect = 1"),
            ("src/use.py", "Code", "t = Timeout(Timeout)")
        );

        Assert.Equal("src/config.py:1-1", Ask(sample, question)[0].Citation);
    }

    [Fact]
    public void Evidence_names_what_it_defines()
    {
        using var sample = new SampleDatastore(("src/pool.py", "Code", "class Pool:\n    def rent(self): return 1"));

        Assert.Equal(
            ["Pool.rent()", "type Pool"],
            Ask(sample, "Pool rent").SelectMany(evidence => evidence.Symbols).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_file_with_several_good_passages_ranks_before_one_that_has_one()
    {
        const string Once = "The crane lifts cargo.";
        using var sample = new SampleDatastore(
            ("a.txt", "Prose", Once),
            ("b.txt", "Prose", $"{Once}\nCargo waits for a crane.\nA second crane lifts more cargo.")
        );

        Assert.Equal("b.txt", Ask(sample, "crane cargo")[0].Path);
    }

    [Theory]
    [InlineData("Code", "a.py", "b.py")]
    [InlineData("Prose", "a.py", "a.py")]
    public void Of_code_another_file_comes_before_another_place_of_the_first_one(
        string kind,
        string first,
        string second
    )
    {
        using var sample = new SampleDatastore(
            ("a.py", kind, "crane lifts cargo\nnothing\ncrane lifts cargo\nnothing\ncrane lifts cargo"),
            ("b.py", kind, "crane lifts cargo"),
            ("c.py", kind, "nothing\nof\nthe\nkind\nstands\nin\nthis\nfile")
        );

        Assert.Equal([first, second], Ask(sample, "how does a crane lift cargo").Take(2).Select(one => one.Path));
    }

    [Fact]
    public void Neighbors_are_one_place()
    {
        using var sample = new SampleDatastore(
            ("a.py", "Code", "crane lifts cargo\ncrane lifts cargo"),
            ("b.py", "Code", "crane lifts cargo"),
            ("c.py", "Code", "nothing\nof\nthe\nkind\nstands\nin\nthis\nfile")
        );

        Assert.Equal(["a.py", "a.py"], Ask(sample, "how does a crane lift cargo").Take(2).Select(one => one.Path));
    }

    [Fact]
    public void A_file_is_known_by_its_name()
    {
        const string Line = "value = read(stream)";
        using var sample = new SampleDatastore(("src/alpha.py", "Code", Line), ("src/http_redirect.py", "Code", Line));

        Assert.Equal("src/http_redirect.py", Ask(sample, "how redirects read a stream")[0].Path);
    }

    [Theory]
    [InlineData("how certificates are verified", "src/certs.py")]
    [InlineData("how composition of handlers works", "src/compose.py")]
    [InlineData("where caching is decided", "src/cache.py")]
    public void A_file_is_known_by_another_form_of_its_name(string question, string path)
    {
        const string Line = "value = read(stream) # certificates verified, composition of handlers, caching decided";
        using var sample = new SampleDatastore(("src/alpha.py", "Code", Line), (path, "Code", Line));

        Assert.Equal(path, Ask(sample, question)[0].Path);
    }

    [Fact]
    public void The_name_of_a_test_says_nothing_for_it()
    {
        using var sample = new SampleDatastore(
            ("src/alpha.py", "Code", "composition"),
            ("src/test_compose.py", "Code", "composition")
        );
        using var snapshot = sample.Datastore.Snapshot();
        Candidate[] candidates =
        [
            .. snapshot.Documents.All.Select(document => new Candidate(document.FirstPassage, document, Score: 0)),
        ];

        Assert.Equal("src/alpha.py", Best("how composition proceeds"));
        Assert.Equal("src/test_compose.py", Best("the tests of composition"));

        string Best(string question) =>
            new RankingStage(
                QueryAnalyzer.Analyze(question),
                new Dictionary<long, double>(),
                new Dictionary<string, double>()
            )
                .Order(candidates)[0]
                .Document.Path["/project/".Length..];
    }

    [Fact]
    public void A_value_is_followed_through_what_it_was_assigned_to()
    {
        var filler = string.Join(
            '\n',
            Enumerable.Range(0, 40).Select(i => $"The value of tides is assigned to nobody, {i}.")
        );
        using var sample = new SampleDatastore(
            (
                "a.txt",
                "Prose",
                $"VAR ABCDE = 24790.\n{filler}\nVAR FGHIJ = VAR ABCDE.\n{filler}\nVAR KLMNO = VAR FGHIJ."
            )
        );

        Assert.Equal(
            ["a.txt:1-1", "a.txt:42-42", "a.txt:83-83"],
            Ask(sample, "Find all variables that are assigned the value 24790.").Take(3).Select(one => one.Citation)
        );
    }

    [Theory]
    [InlineData("parseJson", QueryKind.Symbol)]
    [InlineData("Session", QueryKind.Symbol)]
    [InlineData("where is Session defined", QueryKind.Symbol)]
    [InlineData("src/app/pool.cs", QueryKind.Path)]
    [InlineData("\"the old bridge\"", QueryKind.Quoted)]
    [InlineData("System.InvalidOperationException: pool_size is negative at start", QueryKind.ErrorMessage)]
    [InlineData("Removes the connections that have expired.", QueryKind.Description)]
    [InlineData("how are connections reused", QueryKind.NaturalLanguage)]
    internal void The_kind_of_a_question_is_recognized(string question, QueryKind kind) =>
        Assert.Equal(kind, QueryAnalyzer.Analyze(question).Kind);

    /// <summary>The passages by themselves, best first.</summary>
    private IReadOnlyList<Evidence> Ask(SampleDatastore sample, string question)
    {
        using var snapshot = sample.Datastore.Snapshot();
        var request = new QueryRequest { Question = question, Datastore = "sample" };
        return _retriever.Query(snapshot, request, encoder: null, TestContext.Current.CancellationToken).Ranked;
    }
}
