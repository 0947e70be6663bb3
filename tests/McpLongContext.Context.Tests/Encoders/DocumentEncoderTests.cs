using System.Numerics.Tensors;
using McpLongContext.Context.Encoders;
using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Tests.Encoders;

public sealed class DocumentEncoderTests : IAsyncLifetime
{
    private const int Hidden = 384;

    private BertEncoder _model = null!;

    public async ValueTask InitializeAsync() => _model = BertEncoder.Load(await TestModels.EncoderAsync());

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Passages_from_the_middle_of_a_document_know_their_ordinals()
    {
        var encoded = Encode("Prose", "notes.txt", [Passage(12, "One line."), Passage(13, "Another line, longer.")]);

        Assert.Equal(2, encoded.FirstOrdinal);
        Assert.Equal([2, 3], encoded.TokenCounts);
        Assert.Equal(2 * Hidden, encoded.Pooled.Length);
    }

    [Fact]
    public void Code_is_closer_to_a_question_in_words_when_its_path_and_identifiers_are_written_out()
    {
        const string Text = "void Dispose() => _conn.Close();";
        var question = new DocumentEncoder(_model, new ChunkSettings()).EncodeQuery("close the database connection");

        var code = Encode("Code", "src/database/DatabaseConnection.cs", [Passage(10, Text)]);
        var prose = Encode("Prose", "src/database/DatabaseConnection.cs", [Passage(10, Text)]);

        Assert.True(
            TensorPrimitives.Dot<float>(question.Pooled, code.Pooled)
                > TensorPrimitives.Dot<float>(question.Pooled, prose.Pooled)
        );
    }

    [Fact]
    public void Statistics_describe_the_states_of_text_they_were_not_measured_on()
    {
        var encoder = new PassageEncoder(_model, new ChunkSettings());
        var statistics = EncoderStatistics.Measure(encoder);

        var other = encoder.Encode(
            ["Whales breathe air; they come to the surface every twenty minutes, and sailors count their spouts."],
            firstOrdinal: 0,
            CancellationToken.None
        );

        var scaled = new float[Hidden];
        var magnitude = 0f;
        for (var i = 0; i < other.TokenCounts[0]; i++)
        {
            TensorPrimitives.Subtract(other.Embeddings.AsSpan(i * Hidden, Hidden), statistics.Mean, scaled);
            TensorPrimitives.Divide(scaled, statistics.Deviation, scaled);
            magnitude += TensorPrimitives.SumOfSquares<float>(scaled) / Hidden;
        }

        Assert.InRange(magnitude / other.TokenCounts[0], 0.7f, 1.4f);
    }

    private static Passage Passage(long id, string text) => new(id, 1, 1, 1, text, "");

    private EncodedPassages Encode(string kind, string path, IReadOnlyList<Passage> passages)
    {
        var document = new Document
        {
            Id = 1,
            Path = path,
            Kind = kind,
            ContentKey = new ContentKey(new byte[ContentKey.Size]),
            Bytes = 100,
            Modified = DateTimeOffset.UnixEpoch,
            LineCount = 10,
            FirstPassage = 10,
            PassageCount = 20,
        };
        return new DocumentEncoder(_model, new ChunkSettings()).Encode(document, passages, CancellationToken.None);
    }
}
