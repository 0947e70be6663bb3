using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Embeddings;

public sealed class EmbeddingIndexTests : IDisposable
{
    private const int TokensPerPassage = 5;

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public EmbeddingIndexTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void Rescoring_orders_like_the_exact_late_interaction()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", Enumerable.Range(0, 20).Select(i => $"text {i}").ToArray());
        _datastore.Apply(Put(document));
        var tokens = StateSamples.Encode(_datastore, profile, document.ContentKey, 20, TokensPerPassage, 5);
        var query = StateSamples.Random(profile, 3, 99);
        float[] weights = [1, 0.5f, 2];

        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var first = snapshot.Documents.All[0].FirstPassage;
        var scores = embeddings.Rescore(
            new LateInteractionQuery(query, weights),
            Enumerable.Range(0, 21).Select(i => first + i).ToArray()
        );
        Assert.True(float.IsNaN(scores[20]));
        var exact = Enumerable.Range(0, 20).Select(p => Exact(tokens, query, weights, p)).ToArray();
        Assert.InRange(StateSamples.Correlation(exact, scores[..20]), 0.9f, 1.00001f);
        Assert.Equal(exact.Average(), scores[..20].Average(), exact.Average() * 0.2f);
    }

    [Fact]
    public void The_passage_that_holds_the_questions_own_tokens_scores_best_by_signs()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", Enumerable.Range(0, 700).Select(i => $"text {i}").ToArray());
        _datastore.Apply(Put(document));
        var tokens = StateSamples.Encode(_datastore, profile, document.ContentKey, 700, TokensPerPassage, 5);
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var query = tokens[
            (613 * TokensPerPassage * StateSamples.Width)..(614 * TokensPerPassage * StateSamples.Width)
        ];
        var scores = embeddings.ScoreTokens(
            new LateInteractionQuery(query, Enumerable.Repeat(1f, TokensPerPassage).ToArray()),
            PassageScope.All
        );
        Assert.Equal(700, scores.Length);
        Assert.Equal(scores.OrderBy(score => score.Passage), scores);
        var best = scores.MaxBy(score => score.Score);
        Assert.Equal(snapshot.Documents.All[0].FirstPassage + 613, best.Passage);
        Assert.Equal(TokensPerPassage, best.Score, 1e-5f);
    }

    [Fact]
    public void Scores_of_some_passages_are_those_of_a_scan_of_all()
    {
        var profile = StateSamples.Profile();
        NewDocument[] documents =
        [
            Document("a", Enumerable.Range(0, 700).Select(i => $"text {i}").ToArray()),
            Document("b", "1", "2", "3"),
        ];
        _datastore.Apply(Put(documents));
        StateSamples.Encode(_datastore, profile, documents[0].ContentKey, 700, TokensPerPassage, 5);
        StateSamples.Encode(_datastore, profile, documents[1].ContentKey, 2, TokensPerPassage, 6);
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var query = new LateInteractionQuery(StateSamples.Random(profile, 3, 99), [1, 0.5f, 2]);
        var (a, b) = (snapshot.Documents.All[0].FirstPassage, snapshot.Documents.All[1].FirstPassage);
        long[] passages = [a, a + 1, a + 2, a + 500, .. Enumerable.Range(698, 2).Select(i => a + i), b, b + 2];

        var some = embeddings.ScoreTokens(query, passages);

        var all = embeddings.ScoreTokens(query, PassageScope.All);
        Assert.Equal(all.Where(score => passages.Contains(score.Passage)), some);
        Assert.Equal(7, some.Length); // the last one has no embeddings
        Assert.Empty(embeddings.ScoreTokens(query, []));
        Assert.Equal(some[..2], embeddings.ScoreTokens(query, [a, a + 1]));
        Assert.Equal([some[1], some[0]], embeddings.ScoreTokens(query, [a + 1, a]));
        Assert.Equal([true, true, false, false], new[] { a, b + 1, b + 2, 0 }.Select(embeddings.Covers));
    }

    [Fact]
    public void Each_passage_has_its_own_scale()
    {
        var profile = StateSamples.Profile() with { Mean = new float[StateSamples.Width] };
        NewDocument[] documents = [Document("a", "1", "2"), Document("b", "3", "4")];
        _datastore.Apply(Put(documents));
        var vector = StateSamples.Random(profile, 1, 3);
        var writer = _datastore.WriteEmbeddings(profile);
        foreach (var (document, scale) in documents.Zip([1f, 100f]))
        {
            float[] two = [.. vector.Select(x => x * scale), .. vector.Select(x => x * 10 * scale)];
            writer.Add(document.ContentKey, 0, [0, 0], [], two);
        }

        writer.Publish();
        using var snapshot = _datastore.Snapshot();
        float[] scores =
        [
            .. snapshot.Embeddings(profile.Key)!.ScorePooled(vector, PassageScope.All).Select(scored => scored.Score),
        ];
        var exact = StateSamples.Dot(vector, vector);
        foreach (var (expected, score) in new[] { 1f, 10, 100, 1000 }.Zip(scores))
        {
            Assert.Equal(expected * exact, score, expected * exact * 0.01f);
        }
    }

    [Fact]
    public void Passages_without_tokens_have_no_score_by_tokens()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", "1", "2", "3");
        _datastore.Apply(Put(document));
        var writer = _datastore.WriteEmbeddings(profile);
        var token = StateSamples.Random(profile, 1, 1);
        writer.Add(document.ContentKey, 0, [0, 1, 0], token, new float[3 * StateSamples.Width]);
        writer.Publish();
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var query = new LateInteractionQuery(token, [1]);
        Assert.Equal(2, Assert.Single(embeddings.ScoreTokens(query, PassageScope.All)).Passage);
        Assert.Equal([true, false, true], embeddings.Rescore(query, [1, 2, 3]).Select(float.IsNaN));
    }

    [Fact]
    public void A_question_without_tokens_is_like_nothing()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", "1");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var nothing = new LateInteractionQuery([], []);
        Assert.Equal((0, 0), (nothing.Tokens, nothing.Dimensions));
        Assert.Equal(0, nothing.MaxSimilarity(new float[StateSamples.Width]));
        Assert.Equal(0, Assert.Single(embeddings.ScoreTokens(nothing, PassageScope.All)).Score);
        Assert.Equal([0], embeddings.Rescore(nothing, [1]));
        Assert.Throws<ArgumentException>(() => new LateInteractionQuery([1], []));
    }

    [Fact]
    public void Pooled_scores_are_inner_products_within_the_scope()
    {
        var profile = StateSamples.Profile();
        NewDocument[] documents = [Document("a", "1", "2"), Document("b", "3"), Document("c", "4")];
        _datastore.Apply(Put(documents));
        var writer = _datastore.WriteEmbeddings(profile);
        foreach (var (document, i) in documents.Select((document, i) => (document, i)))
        {
            var passages = document.Passages.Count;
            writer.Add(document.ContentKey, 0, new int[passages], [], StateSamples.Random(profile, passages, i));
        }

        writer.Publish();
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var query = StateSamples.Random(profile, 1, 77);
        var scope = PassageScope.Of(snapshot.Documents.All.Where(document => document.Path != "b"));
        var scores = embeddings.ScorePooled(query, scope);
        var expected = new[] { 0, 2 }
            .SelectMany(i => StateSamples.Random(profile, documents[i].Passages.Count, i).Chunk(StateSamples.Width))
            .Select(vector => StateSamples.Dot(vector, query))
            .ToArray();
        Assert.Equal(expected.Length, scores.Length);
        // Three bits keep a product of Gaussians within 0.19 of the root of the width, one standard deviation.
        Assert.All(scores.Zip(expected), pair => Assert.Equal(pair.Second, pair.First.Score, 2.5f));
        Assert.Empty(embeddings.ScoreTokens(new LateInteractionQuery(query, [1]), scope));
    }

    [Fact]
    public void A_renamed_document_keeps_its_states_and_copies_share_them()
    {
        var profile = StateSamples.Profile();
        var document = Document("old", "one", "two");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 2, 3, 1);
        _datastore.Apply(Remove("old"));
        _datastore.Apply(Put(document with { Path = "new" }, document with { Path = "copy" }));
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Pending(profile.Key));
        Assert.Equal(4, snapshot.Embeddings(profile.Key)!.Passages);
    }

    [Fact]
    public void Contents_are_pending_until_all_their_passages_have_states()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", "1", "2", "3", "4", "5");
        _datastore.Apply(Put(document, Document("empty"), document with { Path = "copy" }));
        AssertPending(new OrdinalRun(0, 5));
        Add(2, 2);
        AssertPending(new OrdinalRun(0, 2), new OrdinalRun(4, 1));
        Add(1, 3);
        AssertPending(new OrdinalRun(0, 1), new OrdinalRun(4, 1));
        Add(0, 5);
        AssertPending();
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(
            10,
            snapshot.Embeddings(profile.Key)!.ScorePooled(new float[StateSamples.Width], PassageScope.All).Length
        );

        void Add(int first, int passages)
        {
            var writer = _datastore.WriteEmbeddings(profile);
            writer.Add(document.ContentKey, first, new int[passages], [], new float[passages * StateSamples.Width]);
            writer.Publish();
        }

        void AssertPending(params OrdinalRun[] missing)
        {
            using var view = _datastore.Snapshot();
            Assert.True(view.Documents.TryFind("a", out var stored));
            Assert.Equal(missing, view.Missing(profile.Key, stored));
            Assert.Equal(missing.Length == 0 ? 0 : 1, view.Pending(profile.Key).Count);
        }
    }

    [Fact]
    public void Questions_of_another_width_are_refused_and_searches_can_be_stopped()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", "1");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        var wide = new LateInteractionQuery(new float[2 * StateSamples.Width], [1]);
        Assert.Throws<ArgumentException>(() => embeddings.ScorePooled(new float[64], PassageScope.All));
        Assert.Throws<ArgumentException>(() => embeddings.ScoreTokens(wide, PassageScope.All));
        Assert.Throws<ArgumentException>(() => embeddings.ScoreTokens(wide, [1]));
        Assert.Throws<ArgumentException>(() => embeddings.Rescore(wide, [1]));

        var query = new LateInteractionQuery(new float[StateSamples.Width], [1]);
        Assert.Throws<ArgumentNullException>(() => embeddings.ScoreTokens(null!, PassageScope.All));
        Assert.Throws<ArgumentNullException>(() => embeddings.ScoreTokens(null!, [1]));
        Assert.Throws<ArgumentNullException>(() => embeddings.ScoreTokens(query, (PassageScope)null!));
        Assert.Throws<ArgumentNullException>(() => embeddings.ScoreTokens(query, (IReadOnlyList<long>)null!));
        Assert.Throws<ArgumentNullException>(() => embeddings.Rescore(null!, [1]));
        Assert.Throws<ArgumentNullException>(() => embeddings.Rescore(query, null!));

        var stopped = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            embeddings.ScorePooled(new float[StateSamples.Width], PassageScope.All, stopped)
        );
        Assert.ThrowsAny<OperationCanceledException>(() => embeddings.ScoreTokens(query, PassageScope.All, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => embeddings.Rescore(query, [1], stopped));
    }

    private static float Exact(float[] tokens, float[] query, float[] weights, int passage)
    {
        var own = tokens.Chunk(StateSamples.Width).Skip(passage * TokensPerPassage).Take(TokensPerPassage).ToArray();
        return query
            .Chunk(StateSamples.Width)
            .Select((q, i) => weights[i] * own.Max(token => StateSamples.Dot(q, token)))
            .Sum();
    }
}
