using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Embeddings;

public sealed class EmbeddingWriterTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public EmbeddingWriterTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void A_writer_publishes_what_was_added_since_and_nothing_at_all_makes_no_segment()
    {
        var profile = StateSamples.Profile();
        NewDocument[] documents = [Document("a", "1"), Document("b", "2", "3")];
        _datastore.Apply(Put(documents));
        var writer = _datastore.WriteEmbeddings(profile);
        writer.Publish();
        writer.Add(documents[0].ContentKey, 0, [], [], []);
        writer.Publish();
        Assert.False(Directory.Exists(_datastore.SegmentsFolder));

        foreach (var document in documents)
        {
            var passages = document.Passages.Count;
            var tokens = StateSamples.Random(profile, 2 * passages, passages);
            int[] counts = [.. Enumerable.Repeat(2, passages)];
            writer.Add(document.ContentKey, 0, counts, tokens, tokens.AsSpan(0, passages * StateSamples.Width));
            writer.Publish();
            Assert.Equal(0, writer.Tokens);
        }

        using var snapshot = _datastore.Snapshot();
        var embeddings = snapshot.Embeddings(profile.Key)!;
        Assert.Equal(6, snapshot.Statistics().Encoders[0].Tokens);
        for (var passage = 2; passage <= 3; passage++)
        {
            var own = StateSamples.Random(profile, 4, 2)[((passage - 2) * 2 * StateSamples.Width)..];
            var query = new LateInteractionQuery(own.AsSpan(0, 2 * StateSamples.Width), [1, 1]);
            Assert.Equal(
                passage,
                embeddings.ScoreTokens(query, PassageScope.All).MaxBy(scored => scored.Score).Passage
            );
            var refined = embeddings.Rescore(query, [1, 2, 3]);
            Assert.Equal(passage - 1, Array.IndexOf(refined, refined.Max()));
        }

        var first = StateSamples.Random(profile, 4, 2)[..StateSamples.Width];
        Assert.Equal(2, embeddings.ScorePooled(first, PassageScope.All).MaxBy(scored => scored.Score).Passage);
    }

    [Fact]
    public void States_that_nobody_needs_leave_no_file_behind()
    {
        var profile = StateSamples.Profile();
        var document = Document("a", "1");
        _datastore.Apply(Put(document));
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        StateSamples.Encode(_datastore, profile, document.ContentKey, 1, 3, 1);
        Assert.Single(Directory.GetFiles(Path.Combine(_datastore.Folder, "states")));
    }

    [Fact]
    public void An_encoder_with_another_profile_under_the_same_key_is_refused()
    {
        _datastore.WriteEmbeddings(StateSamples.Profile());
        var error = Assert.Throws<DatastoreException>(() =>
            _datastore.WriteEmbeddings(StateSamples.Profile() with { Mean = new float[StateSamples.Width] })
        );
        Assert.Contains("test-encoder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_widths_are_refused()
    {
        var profile = StateSamples.Profile();
        var writer = _datastore.WriteEmbeddings(profile);
        Assert.Throws<ArgumentException>(() =>
            writer.Add(default, 0, [2], new float[7], new float[StateSamples.Width])
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(default, -1, [], [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            writer.Add(default, 0, [1, -1], [], new float[2 * StateSamples.Width])
        );
        Assert.Equal(0, writer.Tokens);
        Assert.Throws<ArgumentException>(() => new LateInteractionQuery(new float[7], [1, 1]));
        Assert.Throws<ArgumentException>(() =>
            _datastore.WriteEmbeddings(profile with { Key = "x", Deviation = new float[StateSamples.Width] })
        );
    }

    [Theory]
    [InlineData(EmbeddingPrecision.TwoBit, 64, true)]
    [InlineData(EmbeddingPrecision.TwoBit, 8192, true)]
    [InlineData(EmbeddingPrecision.TwoBit, 0, false)]
    [InlineData(EmbeddingPrecision.TwoBit, 100, false)]
    [InlineData(EmbeddingPrecision.TwoBit, 8256, false)]
    [InlineData(EmbeddingPrecision.Key, 100, true)]
    [InlineData(EmbeddingPrecision.Key, 8193, false)]
    public void The_width_of_states_is_a_multiple_of_64_and_bounded(
        EmbeddingPrecision precision,
        int width,
        bool isTaken
    )
    {
        var profile = EmbeddingProfile.OfKeys("x", width) with { Precision = precision };
        Action write = profile.HasKeys
            ? () => _datastore.WriteKeys(profile)
            : () => _datastore.WriteEmbeddings(profile);
        Assert.Equal(!isTaken, Record.Exception(write) is ArgumentException);
    }

    [Theory]
    [InlineData("", 64, 0, 1)]
    [InlineData(" ", 64, 0, 1)]
    [InlineData("x", 128, 0, 1)]
    [InlineData("x", 64, float.NaN, 1)]
    [InlineData("x", 64, float.NegativeInfinity, 1)]
    [InlineData("x", 64, 0, 0)]
    [InlineData("x", 64, 0, -1)]
    [InlineData("x", 64, 0, float.MaxValue)]
    [InlineData("x", 64, 0, float.NaN)]
    public void An_encoder_has_a_key_and_finite_statistics(string key, int deviations, float mean, float deviation)
    {
        var means = new float[64];
        means[63] = mean;
        float[] spread = [.. Enumerable.Repeat(1f, deviations)];
        spread[63] = deviation;
        var profile = new EmbeddingProfile
        {
            Key = key,
            Mean = means,
            Deviation = spread,
        };
        Assert.Throws<ArgumentException>(() => _datastore.WriteEmbeddings(profile));
    }
}
