using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Lexical;

/// <summary>Literals of a query: where one begins, where it ends, and in which forms it is found.</summary>
public sealed class LiteralTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public LiteralTests() => _datastore = _home.Home.OpenOrCreate("literals");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData("operator<<", "we overload operator<< here", "we overload operator< here")]
    [InlineData("operator<", "we overload operator< here", "we overload operator<< here")]
    [InlineData("->", "write p->next", "write p --> next")]
    [InlineData("...", "it takes f(...)", "and so on....")]
    [InlineData("??", "a ?? b", "what????")]
    [InlineData("|>", "pipe |> on.", "a ||> b")]
    [InlineData("?.", "call a?.b", "a ??. b")]
    [InlineData("C++", "C++ builds", "C builds")]
    [InlineData("C", "C builds", "C# and C++ builds")]
    [InlineData("-n", "pass -n.", "pass --n")]
    [InlineData("@Override", "an @Override here", "an Override here")]
    [InlineData("2.3.1", "## v2.3.1", "## v2.3.10")]
    [InlineData("3.1", "python3.1 only", "python3.10 and 13.1")]
    [InlineData("1003699", "order 1,003,699 paid", "order 1,003,698 and 10036990")]
    [InlineData(
        "9fceb02",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "9fceb03d0ae598e95dc970b74767f19372d61af8"
    )]
    [InlineData("8007000E", "code 0x8007000E", "code 18007000E")]
    [InlineData("Kestrel", """{"a":"one\nKestrel two"}""", "oneKestrel two")]
    [InlineData("batch Kestrel", """{"a":"batch\nKestrel two"}""", "batch of Kestrel")]
    [InlineData("Küche offen", """{"a":"K\u00fcche offen"}""", "offene Küche")]
    [InlineData("waffle iron", "the waﬄe iron", "iron waffle")]
    [InlineData("get_user_name", """call get\_user\_name""", "get user name")]
    public void It_is_found_whole_and_in_its_other_forms(string literal, string with, string without)
    {
        _datastore.Apply(Put(Document("a", without, with)));
        using var snapshot = _datastore.Snapshot();

        var match = Assert.Single(snapshot.Exact.Find(literal, PassageScope.All, 10));

        Assert.Equal(snapshot.Documents.All[0].FirstPassage + 1, match.Passage);
    }

    [Theory]
    [InlineData("café", "the café opens", "the cafe opens")]
    [InlineData("cafe", "the cafe opens", "the café opens")]
    [InlineData("Müller", "Herr Müller kommt", "Herr Muller kommt")]
    [InlineData("muller", "Herr Muller kommt", "Herr Müller kommt")]
    [InlineData("łódź", "do Łódź jedzie", "do Lodz jedzie")]
    [InlineData("lodz", "do Lodz jedzie", "do Łódź jedzie")]
    [InlineData("Straße", "die Straße lang", "die Strasse lang")]
    [InlineData("tiếng Việt", "nói tiếng Việt", "noi tieng Viet")]
    [InlineData("tieng Viet", "noi tieng Viet", "nói tiếng Việt")]
    [InlineData("ılık", "su ılık", "su ilik")]
    [InlineData("istanbul", "istanbul kart", "İstanbul kart")]
    public void Diacritics_are_a_second_chance(string question, string asWritten, string other)
    {
        _datastore.Apply(Put(Document("a", other, asWritten)));
        using var snapshot = _datastore.Snapshot();

        var hits = snapshot.Lexical.Search(
            TermAnalyzer.QueryTerms(question).Select(term => new WeightedTerm(term)),
            PassageScope.All,
            10,
            new ColumnWeights()
        );

        var first = snapshot.Documents.All[0].FirstPassage;
        Assert.Equal([first + 1, first], hits.Select(hit => hit.Passage));
    }

    [Theory]
    [InlineData("websocket", "WebSocketHub", "web and blue socket")]
    [InlineData("filesystem", "a FileSystemWatcher", "the system of files")]
    [InlineData("devops", "DevOpsBoard", "op of dev")]
    [InlineData("javascript", "JavaScriptRunner", "script of java")]
    [InlineData("9fceb02", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "another commit")]
    [InlineData("9fceb02d0ae598e95dc970b74767f19372d61af8", "see 9fceb02", "see 9fceb0d")]
    [InlineData("550e8400", "550e8400-e29b-41d4-a716-446655440000", "550e8401")]
    public void A_rare_term_is_found_in_the_form_that_the_index_has(string question, string with, string without)
    {
        _datastore.Apply(Put(Document("a", without, with)));
        using var snapshot = _datastore.Snapshot();

        var hits = snapshot.Lexical.Search(
            TermAnalyzer.Terms(question).Select(term => new WeightedTerm(term)),
            PassageScope.All,
            10,
            new ColumnWeights()
        );

        Assert.Equal(snapshot.Documents.All[0].FirstPassage + 1, hits[0].Passage);
    }
}
