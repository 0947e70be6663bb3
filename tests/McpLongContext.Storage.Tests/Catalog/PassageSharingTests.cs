using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Maintenance;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sources;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Symbols;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Catalog;

/// <summary>Equal files at the same place of several sources have one set of passages between them.</summary>
public sealed class PassageSharingTests : IDisposable
{
    private static readonly string s_root = Path.GetFullPath("/trees");

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public PassageSharingTests()
    {
        _datastore = _home.Home.OpenOrCreate("test");
        Follow("one", "two", "three", Path.Combine("one", "nested"));
    }

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void The_second_of_two_trees_shares_the_passages_of_the_first()
    {
        Store("one/src/a.cs", "alpha", "beta");
        Store("two/src/a.cs", "alpha", "beta");

        using var snapshot = _datastore.Snapshot();
        Assert.Equal(["one/src/a.cs", "two/src/a.cs"], Paths(snapshot.Documents.All));
        Assert.Equal(2, snapshot.Documents.PassageCount);
        Assert.Equal(2, snapshot.Statistics().Passages);
        Assert.Equal(1, snapshot.Lexical.DocumentFrequency("alpha"));
        Assert.All(snapshot.Documents.All, document => Assert.Equal("alphabeta", snapshot.Passages.TextOf(document)));
        Assert.Equal(["one/src/a.cs", "two/src/a.cs"], Paths(snapshot.Documents.Sharing(1)));
        Assert.Equal("one/src/a.cs", Shown(snapshot.Documents.OfPassage(2)));
        Assert.Empty(_datastore.Verify(repair: false));
    }

    [Theory]
    [InlineData("two/src/b.cs", "another name")]
    [InlineData("one/lib/a.cs", "the same tree")]
    [InlineData("four/src/a.cs", "no source")]
    [InlineData("two/nested/src/a.cs", "another place")]
    public void Other_places_have_passages_of_their_own(string path, string why)
    {
        Store("one/src/a.cs", "alpha");
        Store(path, "alpha");

        using var snapshot = _datastore.Snapshot();
        Assert.True(snapshot.Documents.PassageCount == 2, why);
    }

    [Fact]
    public void A_tree_inside_another_shares_with_it()
    {
        Store("one/src/a.cs", "alpha");
        Store("one/nested/src/a.cs", "alpha");

        using var snapshot = _datastore.Snapshot();
        Assert.Equal(1, snapshot.Documents.PassageCount);
    }

    [Fact]
    public void What_differs_in_kind_lines_or_context_is_not_shared()
    {
        var document = At("one/a", "alpha");
        Put(document);
        Put(document with { Path = Full("two/a"), Kind = "code" });
        Put(document with { Path = Full("three/a"), Passages = [new NewPassage(1, 1, "alpha", "Chapter 1")] });
        Put(document with { Path = Full("one/nested/a"), Passages = [new NewPassage(2, 2, "alpha")] });

        using var snapshot = _datastore.Snapshot();
        Assert.Equal(4, snapshot.Documents.PassageCount);
    }

    [Fact]
    public void Damaged_passages_are_not_shared()
    {
        Store("one/a", "alpha");
        Damage("UPDATE passages SET text = 'alphx'");
        Store("two/a", "alpha");

        using var snapshot = _datastore.Snapshot();
        Assert.True(snapshot.Documents.TryFind(Full("two/a"), out var second));
        Assert.Equal("alpha", snapshot.Passages.TextOf(second));
    }

    [Theory]
    [InlineData("one", "two")]
    [InlineData("two", "one")]
    public void A_removed_document_leaves_its_passages_to_the_other(string removed, string left)
    {
        Store("one/a", "alpha", "beta");
        Store("two/a", "alpha", "beta");
        _datastore.Apply(Remove(Full($"{removed}/a")));

        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal([$"{left}/a"], Paths(snapshot.Documents.All));
            Assert.Equal("alphabeta", snapshot.Passages.TextOf(snapshot.Documents.All[0]));
            Assert.Equal((1, 2), (Assert.Single(Search(snapshot, "alpha")), Assert.Single(Search(snapshot, "beta"))));
        }

        Assert.Empty(_datastore.Verify(repair: false));
        _datastore.Apply(Remove(Full($"{left}/a")));
        AssertNothingIsLeft();
    }

    [Fact]
    public void A_changed_document_leaves_its_passages_to_the_others_and_shares_them_again_when_it_is_changed_back()
    {
        Store("one/a", "alpha");
        Store("two/a", "alpha");
        Store("three/a", "alpha");
        Store("one/a", "omega");

        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal(["two/a", "three/a"], Paths(snapshot.Documents.Sharing(1)));
            Assert.Equal(["one/a"], Paths(snapshot.Documents.Sharing(2)));
            Assert.Equal((1, 1), (Count(snapshot, "alpha"), Count(snapshot, "omega")));
        }

        Store("one/a", "alpha");
        using (var snapshot = _datastore.Snapshot())
        {
            Assert.Equal(["one/a", "two/a", "three/a"], Paths(snapshot.Documents.Sharing(1)));
            Assert.Equal((1, 0), (Count(snapshot, "alpha"), Count(snapshot, "omega")));
        }

        Assert.Empty(_datastore.Verify(repair: false));
        _datastore.Apply(Remove(Full("one/a"), Full("two/a"), Full("three/a")));
        AssertNothingIsLeft();
    }

    [Fact]
    public void The_index_is_built_anew_by_the_paths_of_the_present_owners()
    {
        Store("one/a", "alpha");
        Store("two/a", "alpha");
        _datastore.Apply(Remove(Full("one/a")));
        Assert.Equal((1, 0), (Count("one"), Count("two")));

        _datastore.Maintain(database => database.Write(() => LexicalWriter.Rebuild(database)));
        Assert.Equal((0, 1), (Count("one"), Count("two")));

        _datastore.Apply(Remove(Full("two/a")));
        AssertNothingIsLeft();
    }

    [Fact]
    public void Symbols_and_embeddings_are_those_of_all_that_share()
    {
        var profile = StateSamples.Profile();
        var document = At("one/a", "alpha", "beta") with { SymbolVersion = 1 };
        document = document with
        {
            Passages =
            [
                document.Passages[0] with
                {
                    Symbols = [new NewSymbol(1, "Alpha", SymbolKind.Type, "")],
                },
                document.Passages[1],
            ],
        };
        Put(document);
        Put(document with { Path = Full("two/a") });
        StateSamples.Encode(_datastore, profile, document.ContentKey, 2, 4, 1);
        _datastore.Apply(Remove(Full("one/a")));

        using var snapshot = _datastore.Snapshot();
        Assert.Equal("Alpha", Assert.Single(snapshot.Symbols.Find("alpha", 9)).Name);
        Assert.Contains(1, snapshot.Symbols.Current(1));
        Assert.Empty(snapshot.Pending(profile.Key));
        Assert.Equal(2, snapshot.Embeddings(profile.Key)!.Passages);
        var hits = snapshot.Embeddings(profile.Key)!.ScorePooled(new float[StateSamples.Width], PassageScope.All);
        Assert.Equal([1, 2], hits.Select(hit => hit.Passage));
    }

    [Fact]
    public void Shared_passages_have_one_embedding_each_in_a_search()
    {
        var profile = StateSamples.Profile();
        var document = At("one/a", "alpha", "beta");
        Put(document);
        Put(document with { Path = Full("two/a") });
        StateSamples.Encode(_datastore, profile, document.ContentKey, 2, 4, 1);

        using var snapshot = _datastore.Snapshot();
        Assert.Equal(2, snapshot.Embeddings(profile.Key)!.Passages);
    }

    [Fact]
    public void A_scope_admits_the_documents_that_it_was_made_of()
    {
        Store("one/a", "alpha");
        Store("two/a", "alpha");

        using var snapshot = _datastore.Snapshot();
        var scope = PassageScope.Of(snapshot.Documents.All.Where(document => Shown(document) == "two/a"));
        Assert.True(scope.Contains(1));
        Assert.Equal(["two/a"], Paths(snapshot.Documents.Sharing(1).Where(scope.Admits)));
        Assert.All(snapshot.Documents.All, document => Assert.True(PassageScope.All.Admits(document)));
    }

    [Fact]
    public void A_damaged_entry_of_the_owner_costs_nobody_else_anything()
    {
        Store("one/a", "alpha", "beta");
        Store("two/a", "alpha", "beta");
        Damage($"UPDATE documents SET line_count = 77 WHERE path = '{Full("one/a")}'");

        Assert.Equal([DamageCode.DocumentEntry], _datastore.Verify(repair: true).Select(damage => damage.Code));
        Assert.Empty(_datastore.Verify(repair: false));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal("alphabeta", snapshot.Passages.TextOf(Assert.Single(snapshot.Documents.All)));
    }

    [Fact]
    public void Damage_stays_damage_when_the_passages_are_handed_over()
    {
        Store("one/a", "alpha", "beta");
        Store("two/a", "alpha", "beta");
        Damage("UPDATE passages SET text = 'alphx' WHERE text = 'alpha'");
        _datastore.Apply(Remove(Full("one/a")));

        using (var snapshot = _datastore.Snapshot())
        {
            Assert.False(snapshot.Passages.TryGet(1, out _));
            Assert.True(snapshot.Passages.TryGet(2, out _));
        }

        Assert.Equal(DamageCode.Passages, Assert.Single(_datastore.Verify(repair: true)).Code);
        AssertNothingIsLeft();
    }

    [Fact]
    public void Damaged_passages_are_dropped_with_all_their_documents()
    {
        Store("one/a", "alpha");
        Store("two/a", "alpha");
        Store("two/b", "gamma");
        Damage("UPDATE passages SET text = 'alphx' WHERE text = 'alpha'");

        Assert.Equal(
            [Full("one/a"), Full("two/a")],
            _datastore.Verify(repair: true).Select(damage => damage.Where).Order(StringComparer.Ordinal)
        );
        Assert.Empty(_datastore.Verify(repair: false));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(["two/b"], Paths(snapshot.Documents.All));
    }

    [Fact]
    public void Only_a_datastore_with_shared_passages_is_closed_to_programs_that_know_none()
    {
        Store("one/a", "alpha");
        Assert.Equal(Schema.Version, FormatOf());
        Store("two/a", "alpha");
        Assert.Equal(Schema.SharingVersion, FormatOf());

        _datastore.Dispose();
        using var again = _home.Home.Open("test");
        using var snapshot = again.Snapshot();
        Assert.Equal(2, snapshot.Documents.All.Count);
    }

    /// <summary>Random changes of three trees; the state is that of a datastore into which it was put at once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_any_changes_everything_is_found_where_it_is(int seed)
    {
        var random = new Random(seed);
        string[] paths =
        [
            .. new[] { "one", "two", "three" }.SelectMany(
                tree => new[] { "a", "b", "c" },
                (tree, file) => $"{tree}/{file}"
            ),
        ];
        var expected = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var change = 0; change < 150; change++)
        {
            List<NewDocument> put = [];
            List<string> removed = [];
            random.Shuffle(paths);
            foreach (var path in paths.Take(random.Next(1, 4)))
            {
                var word = new[] { "alpha", "beta", "gamma", "" }[random.Next(4)];
                if (word.Length == 0)
                {
                    removed.Add(Full(path));
                    expected.Remove(path);
                }
                else
                {
                    put.Add(At(path, word, "delta"));
                    expected[path] = word;
                }
            }

            _datastore.Apply(new CatalogChange { Put = put, Remove = removed });
            AssertIs(expected);
        }

        Assert.Empty(_datastore.Verify(repair: false));
        _datastore.Apply(Remove([.. expected.Keys.Select(Full)]));
        AssertNothingIsLeft();
    }

    private void AssertIs(Dictionary<string, string> expected)
    {
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), Paths(snapshot.Documents.All));
        foreach (var (path, word) in expected)
        {
            Assert.True(snapshot.Documents.TryFind(Full(path), out var document));
            Assert.Equal(word + "delta", snapshot.Passages.TextOf(document));
        }

        foreach (var word in new[] { "alpha", "beta", "gamma" })
        {
            var found = Search(snapshot, word).SelectMany(snapshot.Documents.Sharing);
            var wanted = expected.Where(pair => pair.Value == word).Select(pair => pair.Key);
            Assert.Equal(wanted.Order(StringComparer.Ordinal), Paths(found).Order(StringComparer.Ordinal));
        }
    }

    private void AssertNothingIsLeft() =>
        _datastore.Maintain(database =>
        {
            foreach (var table in new[] { "documents", "passages", "symbols", "lexical_docsize", "lexical_paths" })
            {
                Assert.Equal(0, database.Scalar($"SELECT count(*) FROM {table}"));
            }

            Assert.Equal(0, database.Scalar("SELECT count(*) FROM lexical_terms"));
        });

    private static string Full(string path) => Path.GetFullPath(path, s_root);

    private static string Shown(string path) => Path.GetRelativePath(s_root, path).Replace('\\', '/');

    private static string Shown(Document document) => Shown(document.Path);

    private static IEnumerable<string> Paths(IEnumerable<Document> documents) => documents.Select(Shown);

    private static NewDocument At(string path, params string[] passages) => Document(Full(path), passages);

    private void Store(string path, params string[] passages) => Put(At(path, passages));

    private void Put(NewDocument document) => _datastore.Apply(TemporaryHome.Put(document));

    private void Follow(params string[] trees) =>
        _datastore.ApplySources(
            new SourceChange
            {
                Sources = [.. trees.Select(tree => new StoredSource(Full(tree), IsComplete: true, IsWatched: false))],
            }
        );

    private void Damage(string sql) =>
        _datastore.Maintain(database =>
        {
            database.Execute("PRAGMA foreign_keys = OFF");
            database.Execute(sql);
            database.Execute("PRAGMA foreign_keys = ON");
            database.Execute("UPDATE counters SET value = value + 1 WHERE key = 'generation'");
        });

    private long FormatOf()
    {
        long format = 0;
        _datastore.Maintain(database => format = database.Scalar("PRAGMA user_version") ?? 0);
        return format;
    }

    private long Count(string word)
    {
        using var snapshot = _datastore.Snapshot();
        return Count(snapshot, word);
    }

    private static long Count(DatastoreSnapshot snapshot, string word) =>
        snapshot.Lexical.DocumentFrequency(TermAnalyzer.Terms(word)[0]);

    private static IEnumerable<long> Search(DatastoreSnapshot snapshot, string word) =>
        snapshot
            .Lexical.Search([new WeightedTerm(word)], PassageScope.All, int.MaxValue, new ColumnWeights())
            .Select(hit => hit.Passage);
}
