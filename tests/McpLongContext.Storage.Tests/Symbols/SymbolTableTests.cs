using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Symbols;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Symbols;

public sealed class SymbolTableTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private Datastore _datastore;

    public SymbolTableTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_definition_is_found_by_its_name_in_any_form()
    {
        _datastore.Apply(Put(WithSymbol("a.py", "RequestContext"), WithSymbol("b.py", "request_context")));
        using var snapshot = _datastore.Snapshot();

        var found = snapshot.Symbols.Find(SymbolKey.Of("request context".Replace(" ", "")), 10);

        Assert.Equal(["RequestContext", "request_context"], found.Select(symbol => symbol.Name));
        Assert.Equal(
            new Symbol(found[0].Passage, 1, "RequestContext", SymbolKind.Type, "app"),
            Assert.Single(snapshot.Symbols.Between(found[0].Passage, found[0].Passage))
        );
    }

    [Fact]
    public void The_definitions_of_a_document_go_with_it()
    {
        _datastore.Apply(Put(WithSymbol("a.py", "Pool")));
        _datastore.Apply(Remove("a.py"));
        using var snapshot = _datastore.Snapshot();

        Assert.Empty(snapshot.Symbols.Find("pool", 10));
        Assert.Empty(snapshot.Symbols.Current(1));
    }

    [Fact]
    public void A_datastore_from_before_there_were_symbols_answers_and_gets_them_without_new_passages()
    {
        _datastore.Apply(Put(WithSymbol("a.py", "Pool")));
        var database = Path.Combine(_datastore.Folder, "datastore.db");
        _datastore.Dispose();
        using (var old = Database.Open(database, create: false))
        {
            old.Execute("DROP TABLE symbols; DROP TABLE symbol_versions");
        }

        _datastore = _home.Home.Open("test");
        long passage;
        using (var before = _datastore.Snapshot())
        {
            passage = Assert.Single(before.Documents.All).FirstPassage;
            Assert.Empty(before.Symbols.Current(1));
            Assert.Empty(before.Symbols.Find("pool", 10));
        }

        var result = _datastore.Apply(Put(WithSymbol("a.py", "Pool")));
        using var snapshot = _datastore.Snapshot();

        Assert.Equal(1, result.Unchanged);
        Assert.Equal(passage, Assert.Single(snapshot.Symbols.Find("pool", 10)).Passage);
        Assert.Equal([passage], snapshot.Symbols.Current(1));
    }

    private static NewDocument WithSymbol(string path, string name) =>
        Document(path, $"class {name}:") with
        {
            SymbolVersion = 1,
            Passages =
            [
                new NewPassage(1, 1, $"class {name}:") { Symbols = [new NewSymbol(1, name, SymbolKind.Type, "app")] },
            ],
        };
}
