using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Catalog;

public sealed class CatalogTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public CatalogTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_document_comes_back_as_it_was_put()
    {
        var put = Document("src/a.cs", "first\n", "sec", "ond \u00e9\ud83d\ude00\0\r\n");
        _datastore.Apply(Put(put));
        using var snapshot = _datastore.Snapshot();
        var found = Assert.Single(snapshot.Documents.All);
        Assert.Equal(
            (put.Path, put.Kind, put.ContentKey, put.Bytes, put.Modified, put.LineCount, 3),
            (found.Path, found.Kind, found.ContentKey, found.Bytes, found.Modified, found.LineCount, found.PassageCount)
        );
        Assert.Equal("first\nsecond \u00e9\ud83d\ude00\0\r\n", snapshot.Passages.TextOf(found));
        var third = snapshot.Passages.Get(found.FirstPassage + 2);
        Assert.Equal((3, 3, found.Id), (third.StartLine, third.EndLine, third.DocumentId));
        Assert.Equal(found, snapshot.Documents.OfPassage(third.Id));
    }

    [Fact]
    public void A_change_reports_what_it_added_updated_removed_and_left_alone()
    {
        Assert.Equal(
            new CatalogChangeResult(3, 0, 0, 0),
            _datastore.Apply(Put(Document("a", "one"), Document("b", "two"), Document("c", "three")))
        );
        CatalogChange change = new()
        {
            Remove = ["c", "unknown"],
            Put = [Document("a", "one"), Document("b", "changed"), Document("d", "four")],
        };
        Assert.Equal(new CatalogChangeResult(1, 1, 1, 1), _datastore.Apply(change));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(["a", "b", "d"], snapshot.Documents.All.Select(document => document.Path));
        Assert.Equal(3, snapshot.Documents.PassageCount);
    }

    [Fact]
    public void An_unchanged_document_keeps_its_passages_and_takes_the_new_time()
    {
        var put = Document("a", "one", "two");
        _datastore.Apply(Put(put));
        using var before = _datastore.Snapshot();
        _datastore.Apply(Put(put with { Modified = DateTimeOffset.UnixEpoch.AddDays(1) }));
        using var after = _datastore.Snapshot();
        Assert.Equal(
            before.Documents.All[0] with
            {
                Modified = DateTimeOffset.UnixEpoch.AddDays(1),
            },
            after.Documents.All[0]
        );
    }

    [Fact]
    public void Terms_taken_ahead_are_those_of_the_passages_that_are_stored()
    {
        var ahead = Document("a", "harbor").Analyze();
        _datastore.Apply(
            Put(ahead, Document("b", "harbor"), ahead with { Path = "c", Passages = [new(1, 1, "reef")] })
        );
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(
            (2, 1),
            (snapshot.Lexical.DocumentFrequency("harbor"), snapshot.Lexical.DocumentFrequency("reef"))
        );
    }

    [Fact]
    public void Long_passages_and_contexts_come_back_whole()
    {
        var text = string.Concat(Enumerable.Repeat("wörter ", 2_000));
        var context = string.Concat(Enumerable.Repeat("Überschrift > ", 100));
        _datastore.Apply(
            Put(Document("a", "short", "long") with { Passages = [new(1, 1, "short", "x"), new(2, 2, text, context)] })
        );
        using var snapshot = _datastore.Snapshot();
        var second = snapshot.Passages.Get(snapshot.Documents.All[0].FirstPassage + 1);
        Assert.Equal((text, context), (second.Text, second.Context));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public void A_path_that_cannot_be_cited_is_refused(string path)
    {
        var error = Assert.Throws<DatastoreException>(() => _datastore.Apply(Put(Document(path, "one"))));
        Assert.Contains("needs a path", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => _datastore.Apply((CatalogChange)null!));
    }

    [Fact]
    public void A_content_key_reads_as_the_digits_of_its_hash()
    {
        byte[] hash = [.. Enumerable.Range(100, ContentKey.Size).Select(i => (byte)i)];
        Assert.Equal(Convert.ToHexStringLower(hash), new ContentKey(hash).ToString());
    }

    [Fact]
    public void A_passage_is_of_the_document_that_holds_it_and_of_no_neighbor()
    {
        _datastore.Apply(Put(Document("a", "1"), Document("b"), Document("c"), Document("d", "2"), Document("e", "3")));
        _datastore.Apply(Remove("d"));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(
            [null, "a", null, "e", null],
            Enumerable
                .Range(0, 5)
                .Select(id => snapshot.Documents.TryFindByPassage(id, out var found) ? found.Path : null)
        );
        Assert.Throws<DatastoreException>(() => snapshot.Documents.OfPassage(2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_content_key_of_another_length_is_refused(int length)
    {
        var error = Assert.Throws<ArgumentException>(() => new ContentKey(new byte[length]));
        Assert.Contains($"32 bytes, not {length}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_passage_id_is_never_given_twice()
    {
        _datastore.Apply(Put(Document("a", "one", "two")));
        var first = FirstPassage("a");
        _datastore.Apply(Remove("a"));
        _datastore.Apply(Put(Document("a", "one", "two")));
        Assert.True(FirstPassage("a") > first + 1);
    }

    [Fact]
    public void A_snapshot_does_not_see_later_changes()
    {
        _datastore.Apply(Put(Document("a", "one fox")));
        using var snapshot = _datastore.Snapshot();
        _datastore.Apply(Put(Document("a", "two dogs")));
        Assert.Equal("one fox", snapshot.Passages.TextOf(snapshot.Documents.All[0]));
        Assert.Equal(1, snapshot.Lexical.DocumentFrequency("fox"));
        Assert.Equal(0, snapshot.Lexical.DocumentFrequency("dog"));
    }

    [Fact]
    public void A_change_that_fails_in_the_middle_stores_nothing()
    {
        var wrong = Document("b", "text") with { Passages = [new NewPassage(5, 4, "text")] };
        var error = Assert.Throws<DatastoreException>(() => _datastore.Apply(Put(Document("a", "one"), wrong)));
        Assert.Contains("'b'", error.Message, StringComparison.Ordinal);
        Assert.Contains("5-4", error.Message, StringComparison.Ordinal);
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Documents.All);
        Assert.Equal(0, snapshot.Lexical.DocumentFrequency("one"));
    }

    [Fact]
    public void A_document_without_passages_is_kept()
    {
        _datastore.Apply(Put(Document("empty.txt")));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal("", snapshot.Passages.TextOf(Assert.Single(snapshot.Documents.All)));
    }

    [Fact]
    public void The_scope_of_documents_holds_their_passages_only()
    {
        _datastore.Apply(Put(Document("a", "1", "2"), Document("b", "3"), Document("c", "4", "5"), Document("d", "6")));
        using var snapshot = _datastore.Snapshot();
        var chosen = snapshot.Documents.All.Where(document => document.Path is "a" or "c").ToArray();
        var scope = PassageScope.Of(chosen);
        foreach (var document in snapshot.Documents.All)
        {
            for (var i = 0; i < document.PassageCount; i++)
            {
                Assert.Equal(chosen.Contains(document), scope.Contains(document.FirstPassage + i));
            }
        }
    }

    private long FirstPassage(string path)
    {
        using var snapshot = _datastore.Snapshot();
        Assert.True(snapshot.Documents.TryFind(path, out var document));
        return document.FirstPassage;
    }
}
