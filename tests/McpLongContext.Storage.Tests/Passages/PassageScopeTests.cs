using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Passages;

/// <summary>Over documents with the passages 1 to 2, 3, none, 4 to 6 and 7.</summary>
public sealed class PassageScopeTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;
    private readonly DatastoreSnapshot _snapshot;

    public PassageScopeTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        _datastore.Apply(
            Put(
                Document("a", "1", "2"),
                Document("b", "3"),
                Document("empty"),
                Document("c", "4", "5", "6"),
                Document("d", "7")
            )
        );
        _snapshot = _datastore.Snapshot();
    }

    public void Dispose()
    {
        _snapshot.Dispose();
        _datastore.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData("a", "1-2")]
    [InlineData("d a", "1-2 7-7")]
    [InlineData("b c a", "1-6")]
    [InlineData("a c", "1-2 4-6")]
    [InlineData("a b empty c d", "1-7")]
    [InlineData("empty", "")]
    public void Neighboring_documents_are_one_range(string paths, string ranges) =>
        Assert.Equal(ranges, string.Join(' ', Of(paths).Ranges.Select(range => $"{range.First}-{range.Last}")));

    [Theory]
    [InlineData("a", "12")]
    [InlineData("d a", "127")]
    [InlineData("b d", "37")]
    [InlineData("a c", "12456")]
    [InlineData("empty", "")]
    public void The_passages_of_the_documents_are_in_scope_and_no_others(string paths, string passages)
    {
        var scope = Of(paths);

        Assert.Equal(passages, string.Concat(Enumerable.Range(0, 10).Where(passage => scope.Contains(passage))));
    }

    private PassageScope Of(string paths) =>
        PassageScope.Of(
            paths.Split(' ').Select(path => _snapshot.Documents.All.Single(document => document.Path == path))
        );
}
