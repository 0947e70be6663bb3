using System.Numerics.Tensors;
using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.LateChunking;

public sealed class PassageEncoderTests : IAsyncLifetime
{
    private const int Hidden = 384;

    private BertEncoder _encoder = null!;

    public async ValueTask InitializeAsync() => _encoder = BertEncoder.Load(await TestModels.EncoderAsync());

    public ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_short_passage_has_the_states_of_the_plain_encoder_without_punctuation()
    {
        const string Text = "The harbour master, a careful man, wrote everything down!";

        var encoded = Encode([Text]);

        var tokens = _encoder.Tokenizer.Tokenize(Text);
        var embeddings = Plain(tokens);
        var kept = Enumerable.Range(0, tokens.Length).Where(i => !_encoder.Tokenizer.IsPunctuation(tokens[i])).ToList();
        Assert.Equal([kept.Count], encoded.TokenCounts);
        for (var i = 0; i < kept.Count; i++)
        {
            AssertParallel(
                embeddings.AsSpan((kept[i] + 1) * Hidden, Hidden),
                encoded.Embeddings.AsSpan(i * Hidden, Hidden)
            );
        }
    }

    [Fact]
    public void A_passage_vector_is_the_normalized_mean_of_its_token_states()
    {
        const string Text = "Ships leave at dawn";

        var encoded = Encode([Text]);

        var embeddings = Plain(_encoder.Tokenizer.Tokenize(Text));
        var sum = new float[Hidden];
        for (var i = 1; i < (embeddings.Length / Hidden) - 1; i++)
        {
            TensorPrimitives.Add(sum, embeddings.AsSpan(i * Hidden, Hidden), sum);
        }

        AssertParallel(sum, encoded.Pooled);
        Assert.Equal(1, TensorPrimitives.Norm(encoded.Pooled), 1e-5);
    }

    [Fact]
    public void Passages_that_share_a_chunk_see_each_other_and_keep_their_own_states()
    {
        string[] texts = ["Ships leave at dawn.", "", "Crews sleep; nobody watches."];

        var encoded = Encode(texts);

        Assert.Equal([4, 0, 4], encoded.TokenCounts);
        var together = Plain(_encoder.Tokenizer.Tokenize(string.Join(' ', texts)));
        AssertParallel(together.AsSpan(Hidden, Hidden), encoded.Embeddings.AsSpan(0, Hidden));
    }

    [Fact]
    public void A_passage_longer_than_the_window_is_encoded_whole()
    {
        var words = string.Join(' ', Enumerable.Repeat("lighthouse keeper", 600));

        var encoded = Encode(["before", words, "after"]);

        Assert.Equal([1, 1200, 1], encoded.TokenCounts);
        Assert.All(encoded.Embeddings.Chunk(Hidden), state => Assert.Equal(1, TensorPrimitives.Norm(state), 1e-4));
    }

    [Fact]
    public void A_header_changes_the_states_and_adds_none()
    {
        var plain = Encode(["return value;"]);
        var headed = Encode(["return value;"], ["storage segment reader"]);

        Assert.Equal(plain.TokenCounts, headed.TokenCounts);
        Assert.True(TensorPrimitives.CosineSimilarity(plain.Pooled, headed.Pooled) < 0.999f);
    }

    [Fact]
    public void Passages_behind_headers_are_read_alone()
    {
        var together = Encode(["return value;", "", "throw new Exception();"], ["reader", "reader", "writer"]);
        var alone = Encode(["throw new Exception();"], ["writer"]);

        Assert.Equal([2, 0, 3], together.TokenCounts);
        Assert.Equal(alone.Embeddings, together.Embeddings[(2 * Hidden)..]);
    }

    [Fact]
    public void A_passage_longer_than_the_window_is_encoded_whole_behind_its_header()
    {
        var words = string.Join(' ', Enumerable.Repeat("lighthouse keeper", 600));

        Assert.Equal([1200], Encode([words], [words]).TokenCounts);
    }

    [Fact]
    public void The_batch_that_a_passage_goes_through_does_not_change_its_states()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"Paragraph number {i} tells of harbour {i * 7}.")];

        var all = Encode(texts);
        var again = Encode(texts);

        Assert.Equal(all.Embeddings, again.Embeddings);
        Assert.Equal(texts.Length, all.TokenCounts.Length);
    }

    [Fact]
    public void A_worker_can_be_held_up_and_ended_before_every_batch()
    {
        string[] texts = [.. Enumerable.Repeat("Ships leave the quiet harbour at dawn.", 200)];
        using var ending = new CancellationTokenSource();
        var pauses = 0;
        var worker = new PassageEncoder(_encoder, new ChunkSettings(), Pause);

        Assert.Throws<OperationCanceledException>(() => worker.Encode(texts, 0, ending.Token));
        Assert.Equal(2, pauses);

        void Pause(CancellationToken cancellation)
        {
            Assert.Equal(ending.Token, cancellation);
            if (++pauses == 2)
            {
                ending.Cancel();
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact]
    public void A_question_keeps_the_tokens_that_its_states_belong_to()
    {
        var worker = new PassageEncoder(_encoder, new ChunkSettings());

        var question = worker.EncodeQuery("Who, exactly, wrote it?");

        Assert.Equal(["who", "exactly", "wrote", "it"], question.Tokens.Select(_encoder.Tokenizer.TokenText));
        Assert.Equal(4 * Hidden, question.Embeddings.Length);
    }

    private EncodedPassages Encode(string[] texts) =>
        new PassageEncoder(_encoder, new ChunkSettings()).Encode(texts, 0, TestContext.Current.CancellationToken);

    private EncodedPassages Encode(string[] texts, string[] headers) =>
        new PassageEncoder(_encoder, new ChunkSettings()).Encode(
            texts,
            headers,
            0,
            TestContext.Current.CancellationToken
        );

    private float[] Plain(int[] tokens)
    {
        int[] sequence = [_encoder.Tokenizer.ClsId, .. tokens, _encoder.Tokenizer.SepId];
        var embeddings = new float[sequence.Length * Hidden];
        _encoder.CreateSession().Encode(sequence, [sequence.Length], embeddings);
        return embeddings;
    }

    private static void AssertParallel(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(TensorPrimitives.CosineSimilarity(expected, actual) > 0.99999f);
}
