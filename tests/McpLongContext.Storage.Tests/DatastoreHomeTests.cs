using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests;

public sealed class DatastoreHomeTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_home_without_datastores_lists_none() => Assert.Empty(_home.Home.List());

    [Fact]
    public void A_created_datastore_is_listed_and_opens_again()
    {
        using (var datastore = _home.Home.OpenOrCreate("notes"))
        {
            datastore.SetSetting("chunk_size", "256");
        }

        Assert.Equal(["notes"], _home.Home.List());
        using var again = _home.Home.Open("notes");
        using var snapshot = again.Snapshot();
        Assert.Equal("256", snapshot.Setting("chunk_size"));
    }

    [Fact]
    public void An_unknown_datastore_is_refused_with_the_names_of_those_that_exist()
    {
        _home.Home.OpenOrCreate("alpha").Dispose();
        _home.Home.OpenOrCreate("beta").Dispose();
        var error = Assert.Throws<UnknownDatastoreException>(() => _home.Home.Open("gamma"));
        Assert.Contains("'gamma'", error.Message, StringComparison.Ordinal);
        Assert.Contains("alpha, beta", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("ends.")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("naïve")]
    [InlineData("CON")]
    [InlineData("com1.txt")]
    [InlineData("LPT9")]
    [InlineData("prn.a.b")]
    [InlineData("aux")]
    [InlineData("nul")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789b1234")]
    [InlineData("a\0b")]
    public void A_name_that_is_no_portable_folder_name_is_refused(string name)
    {
        Assert.Throws<ArgumentNullException>(() => DatastoreName.Require(null!));
        Assert.Throws<DatastoreException>(() => _home.Home.OpenOrCreate(name));
        Assert.Throws<DatastoreException>(() => _home.Home.OpenOrCreate(new string('a', DatastoreName.MaxLength + 1)));
        Assert.Empty(_home.Home.List());
    }

    [Theory]
    [InlineData("default")]
    [InlineData("a.b-c_D9")]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("com12")]
    [InlineData("acom1")]
    [InlineData("-")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789b.23")]
    public void A_portable_name_is_taken(string name) => Assert.Equal(name, DatastoreName.Require(name));

    [Theory]
    [InlineData(80, 80)]
    [InlineData(81, 80)]
    [InlineData(5000, 80)]
    public void A_message_names_no_more_of_a_name_than_can_be_read(int length, int named)
    {
        var error = Assert.Throws<DatastoreException>(() => DatastoreName.Require(new string('x', length)));
        Assert.Equal(named, error.Message.TakeWhile(c => c != ' ').Count(c => c == 'x'));
        Assert.Equal(length > named, error.Message.Contains('…', StringComparison.Ordinal));
    }

    [Fact]
    public void A_removed_datastore_is_gone_while_an_open_snapshot_still_reads_it()
    {
        using var datastore = _home.Home.OpenOrCreate("notes");
        datastore.Apply(Put(Document("a.txt", "the quick fox")));
        using var snapshot = datastore.Snapshot();
        _home.Home.Remove("notes");
        Assert.False(_home.Home.Exists("notes"));
        Assert.Equal("the quick fox", snapshot.Passages.TextOf(snapshot.Documents.All[0]));
        var error = Assert.Throws<UnknownDatastoreException>(() => _home.Home.Remove("notes"));
        Assert.Contains("There is no datastore 'notes'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_of_the_same_name_made_since_is_not_taken_for_the_removed_one()
    {
        using var removed = _home.Home.OpenOrCreate("notes");
        removed.Apply(Put(Document("a.txt", "one")));
        _home.Home.Remove("notes");
        using var made = _home.Home.OpenOrCreate("notes");

        Assert.True(removed.IsRemoved);
        Assert.False(made.IsRemoved);
        Assert.Throws<DatastoreRemovedException>(() => removed.Apply(Put(Document("b.txt", "two"))));
        Assert.Throws<DatastoreRemovedException>(() => removed.Snapshot().Dispose());
        Assert.Throws<DatastoreRemovedException>(removed.ThrowIfRemoved);
        using var snapshot = made.Snapshot();
        Assert.Empty(snapshot.Documents.All);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_home.Root, "temporary")));
    }

    [Fact]
    public void A_removal_that_was_cut_off_is_ended_by_the_next_who_opens()
    {
        string folder;
        using (var datastore = _home.Home.OpenOrCreate("notes"))
        {
            datastore.Apply(Put(Document("a.txt", "one")));
            folder = datastore.Folder;
        }

        DatastoreIdentity.MarkRemoved(folder, isRemoved: true);
        Directory.Delete(Path.Combine(_home.Root, "temporary"));

        var error = Assert.Throws<UnknownDatastoreException>(() => _home.Home.Open("notes"));
        Assert.Contains("none has been made yet", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void A_datastore_that_cannot_be_removed_goes_on()
    {
        using var datastore = _home.Home.OpenOrCreate("notes");
        var temporary = Path.Combine(_home.Root, "temporary");
        Directory.Delete(temporary);
        File.WriteAllText(temporary, "in the way");

        var error = Assert.Throws<DatastoreException>(() => _home.Home.Remove("notes"));

        Assert.Contains("'notes' could not be removed", error.Message, StringComparison.Ordinal);
        Assert.False(datastore.IsRemoved);
        datastore.Apply(Put(Document("a.txt", "one")));
        _home.Home.Open("notes").Dispose();
    }

    [Fact]
    public void A_damaged_datastore_can_be_removed()
    {
        string folder;
        using (var datastore = _home.Home.OpenOrCreate("notes"))
        {
            folder = datastore.Folder;
        }

        File.WriteAllText(DatastoreIdentity.DatabasePath(folder), new string('x', 8192));
        _home.Home.Remove("notes");
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void A_home_that_cannot_be_written_is_named_and_nothing_is_left_behind()
    {
        var datastores = Path.Combine(_home.Root, "datastores");
        File.WriteAllText(datastores, "in the way");
        var error = Assert.Throws<DatastoreException>(() => _home.Home.OpenOrCreate("notes"));
        Assert.Contains($"'notes' cannot be created in '{datastores}'", error.Message, StringComparison.Ordinal);

        File.Delete(datastores);
        var taken = Path.Combine(datastores, "notes");
        Directory.CreateDirectory(datastores);
        File.WriteAllText(taken, "in the way");
        Assert.Throws<DatastoreException>(() => _home.Home.OpenOrCreate("notes"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_home.Root, "temporary")));
    }

    [Fact]
    public void A_folder_deleted_under_an_open_datastore_stays_deleted()
    {
        var profile = StateSamples.Profile();
        var document = TemporaryHome.Document("a.txt", "one", "two");
        using var datastore = _home.Home.OpenOrCreate("gone");
        datastore.Apply(TemporaryHome.Put(document));
        StateSamples.Encode(datastore, profile, document.ContentKey, 1, 3, 1);
        Directory.Delete(datastore.Folder, recursive: true);

        Assert.True(datastore.IsRemoved);
        AssertRemoved(() => datastore.Apply(TemporaryHome.Put(document)));
        AssertRemoved(() => StateSamples.Encode(datastore, profile, document.ContentKey, 2, 3, 1));
        AssertRemoved(() => datastore.Compact());
        AssertRemoved(() => datastore.Verify(repair: true));
        AssertRemoved(() => datastore.Snapshot().Dispose());
        Assert.False(Directory.Exists(datastore.Folder));

        static void AssertRemoved(Action call)
        {
            var error = Assert.Throws<DatastoreRemovedException>(call);
            Assert.Contains("The datastore 'gone' was removed", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_ruin_of_a_deleted_datastore_does_not_keep_a_new_one_from_being_made()
    {
        string folder;
        using (var datastore = _home.Home.OpenOrCreate("ruin"))
        {
            folder = datastore.Folder;
        }

        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(Path.Combine(folder, "states"));
        File.WriteAllText(Path.Combine(folder, "states", "left.seg.tmp"), "half a segment");

        using var made = _home.Home.OpenOrCreate("ruin");

        Assert.Empty(made.Verify(repair: false));
        Assert.False(Directory.Exists(Path.Combine(folder, "states")));
    }

    [Fact]
    public void A_file_that_is_no_datastore_is_named()
    {
        _home.Home.OpenOrCreate("notes").Dispose();
        var path = Directory.GetFiles(_home.Root, "*.db", SearchOption.AllDirectories).Single();
        File.WriteAllText(path, new string('x', 8192));
        var error = Assert.ThrowsAny<DatastoreException>(() => _home.Home.Open("notes"));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_creators_at_once_both_get_the_same_datastore()
    {
        var token = TestContext.Current.CancellationToken;
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(i =>
                    Task.Run(
                        () =>
                        {
                            using var datastore = _home.Home.OpenOrCreate("shared");
                            datastore.Apply(Put(Document($"{i}.txt", $"text {i}")));
                        },
                        token
                    )
                )
        );
        using var all = _home.Home.Open("shared");
        using var snapshot = all.Snapshot();
        Assert.Equal(4, snapshot.Documents.All.Count);
    }
}
