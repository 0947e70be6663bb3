using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.States;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.States;

public sealed class StateIndexTests : IDisposable
{
    private const int TokensPerPassage = 5;

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public StateIndexTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData(StatePrecision.TwoBit, 0.9f)]
    [InlineData(StatePrecision.EightBit, 0.9999f)]
    public void Rescoring_orders_like_the_exact_late_interaction(StatePrecision precision, float correlation)
    {
        EncoderProfile profile = StateSamples.Profile(precision);
        NewDocument document = Document("a", Enumerable.Range(0, 20).Select(i => $"text {i}").ToArray());
        _datastore.Apply(Put(document));
        float[] tokens = StateSamples.Encode(_datastore, profile, document.ContentKey, 20, TokensPerPassage, 5);
        float[] query = StateSamples.Random(profile, 3, 99);
        float[] weights = [1, 0.5f, 2];

        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        StateIndex states = snapshot.States(profile.Key)!;
        long first = snapshot.Documents.All[0].FirstPassage;
        float[] scores = states.Rescore(
            new StateQuery(query, weights),
            Enumerable.Range(0, 21).Select(i => first + i).ToArray()
        );
        Assert.True(float.IsNaN(scores[20]));
        float[] exact = Enumerable.Range(0, 20).Select(p => Exact(tokens, query, weights, p)).ToArray();
        Assert.InRange(StateSamples.Correlation(exact, scores[..20]), correlation, 1.00001f);
        Assert.Equal(exact.Average(), scores[..20].Average(), exact.Average() / 5);
    }

    [Fact]
    public void The_passage_that_holds_the_questions_own_tokens_scores_best_by_signs()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument document = Document("a", Enumerable.Range(0, 700).Select(i => $"text {i}").ToArray());
        _datastore.Apply(Put(document));
        float[] tokens = StateSamples.Encode(_datastore, profile, document.ContentKey, 700, TokensPerPassage, 5);
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        StateIndex states = snapshot.States(profile.Key)!;
        float[] query = tokens[
            (613 * TokensPerPassage * StateSamples.Width)..(614 * TokensPerPassage * StateSamples.Width)
        ];
        ScoredPassage[] scores = states.ScoreTokens(
            new StateQuery(query, Enumerable.Repeat(1f, TokensPerPassage).ToArray()),
            PassageScope.All
        );
        Assert.Equal(700, scores.Length);
        Assert.Equal(scores.OrderBy(score => score.Passage), scores);
        ScoredPassage best = scores.MaxBy(score => score.Score);
        Assert.Equal(snapshot.Documents.All[0].FirstPassage + 613, best.Passage);
        Assert.Equal(TokensPerPassage, best.Score, 1e-5f);
    }

    [Fact]
    public void Scores_of_some_passages_are_those_of_a_scan_of_all()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument[] documents =
        [
            Document("a", Enumerable.Range(0, 700).Select(i => $"text {i}").ToArray()),
            Document("b", "1", "2", "3"),
        ];
        _datastore.Apply(Put(documents));
        StateSamples.Encode(_datastore, profile, documents[0].ContentKey, 700, TokensPerPassage, 5);
        StateSamples.Encode(_datastore, profile, documents[1].ContentKey, 2, TokensPerPassage, 6);
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        StateIndex states = snapshot.States(profile.Key)!;
        var query = new StateQuery(StateSamples.Random(profile, 3, 99), [1, 0.5f, 2]);
        (long a, long b) = (snapshot.Documents.All[0].FirstPassage, snapshot.Documents.All[1].FirstPassage);
        long[] passages = [a, a + 1, a + 2, a + 500, .. Enumerable.Range(698, 2).Select(i => a + i), b, b + 2];

        ScoredPassage[] some = states.ScoreTokens(query, passages);

        ScoredPassage[] all = states.ScoreTokens(query, PassageScope.All);
        Assert.Equal(all.Where(score => passages.Contains(score.Passage)), some);
        Assert.Equal(7, some.Length); // the last one has no states
        Assert.Empty(states.ScoreTokens(query, []));
    }

    [Fact]
    public void Pooled_scores_are_inner_products_within_the_scope()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument[] documents = [Document("a", "1", "2"), Document("b", "3"), Document("c", "4")];
        _datastore.Apply(Put(documents));
        StateWriter writer = _datastore.WriteStates(profile);
        foreach ((NewDocument document, int i) in documents.Select((document, i) => (document, i)))
        {
            int passages = document.Passages.Count;
            writer.Add(document.ContentKey, 0, new int[passages], [], StateSamples.Random(profile, passages, i));
        }

        writer.Publish();
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        StateIndex states = snapshot.States(profile.Key)!;
        float[] query = StateSamples.Random(profile, 1, 77);
        var scope = PassageScope.Of(snapshot.Documents.All.Where(document => document.Path != "b"));
        ScoredPassage[] scores = states.ScorePooled(query, scope);
        float[] expected = new[] { 0, 2 }
            .SelectMany(i => StateSamples.Random(profile, documents[i].Passages.Count, i).Chunk(StateSamples.Width))
            .Select(vector => StateSamples.Dot(vector, query))
            .ToArray();
        Assert.Equal(expected.Length, scores.Length);
        // Three bits keep a product of Gaussians within 0.19 of the root of the width, one standard deviation.
        Assert.All(scores.Zip(expected), pair => Assert.Equal(pair.Second, pair.First.Score, 2.5f));
        Assert.Empty(states.ScoreTokens(new StateQuery(query, [1]), scope));
    }

    [Fact]
    public void A_renamed_document_keeps_its_states_and_copies_share_them()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument document = Document("old", "one", "two");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 2, 3, 1);
        _datastore.Apply(Remove("old"));
        _datastore.Apply(Put(document with { Path = "new" }, document with { Path = "copy" }));
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Pending(profile.Key));
        Assert.Equal(4, snapshot.States(profile.Key)!.Passages);
    }

    [Fact]
    public void Contents_are_pending_until_all_their_passages_have_states()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument document = Document("a", "1", "2", "3", "4", "5");
        _datastore.Apply(Put(document, Document("empty"), document with { Path = "copy" }));
        AssertPending(new OrdinalRun(0, 5));
        Add(2, 2);
        AssertPending(new OrdinalRun(0, 2), new OrdinalRun(4, 1));
        Add(1, 3);
        AssertPending(new OrdinalRun(0, 1), new OrdinalRun(4, 1));
        Add(0, 5);
        AssertPending();
        using DatastoreSnapshot snapshot = _datastore.Snapshot();
        Assert.Equal(
            10,
            snapshot.States(profile.Key)!.ScorePooled(new float[StateSamples.Width], PassageScope.All).Length
        );

        void Add(int first, int passages)
        {
            StateWriter writer = _datastore.WriteStates(profile);
            writer.Add(document.ContentKey, first, new int[passages], [], new float[passages * StateSamples.Width]);
            writer.Publish();
        }

        void AssertPending(params OrdinalRun[] missing)
        {
            using DatastoreSnapshot view = _datastore.Snapshot();
            Assert.True(view.Documents.TryFind("a", out Document? stored));
            Assert.Equal(missing, view.Missing(profile.Key, stored));
            Assert.Equal(missing.Length == 0 ? 0 : 1, view.Pending(profile.Key).Count);
        }
    }

    [Fact]
    public void States_that_nobody_needs_leave_no_file_behind()
    {
        EncoderProfile profile = StateSamples.Profile();
        NewDocument document = Document("a", "1");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        Assert.Single(Directory.GetFiles(Path.Combine(_datastore.Folder, "states")));
    }

    [Fact]
    public void An_encoder_with_another_profile_under_the_same_key_is_refused()
    {
        _datastore.WriteStates(StateSamples.Profile());
        var error = Assert.Throws<DatastoreException>(() =>
            _datastore.WriteStates(StateSamples.Profile(StatePrecision.EightBit))
        );
        Assert.Contains("test-encoder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_widths_are_refused()
    {
        EncoderProfile profile = StateSamples.Profile();
        StateWriter writer = _datastore.WriteStates(profile);
        Assert.Throws<ArgumentException>(() =>
            writer.Add(default, 0, [2], new float[7], new float[StateSamples.Width])
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(default, -1, [], [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            writer.Add(default, 0, [1, -1], [], new float[2 * StateSamples.Width])
        );
        Assert.Equal(0, writer.Tokens);
        Assert.Throws<ArgumentException>(() => new StateQuery(new float[7], [1, 1]));
        Assert.Throws<ArgumentException>(() =>
            _datastore.WriteStates(profile with { Key = "x", Mean = new float[100], Deviation = new float[100] })
        );
        Assert.Throws<ArgumentException>(() =>
            _datastore.WriteStates(profile with { Key = "x", Deviation = new float[StateSamples.Width] })
        );
    }

    private static float Exact(float[] tokens, float[] query, float[] weights, int passage)
    {
        float[][] own = tokens
            .Chunk(StateSamples.Width)
            .Skip(passage * TokensPerPassage)
            .Take(TokensPerPassage)
            .ToArray();
        return query
            .Chunk(StateSamples.Width)
            .Select((q, i) => weights[i] * own.Max(token => StateSamples.Dot(q, token)))
            .Sum();
    }
}
