using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Telemetry;
using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Passages;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// Encodes stored passages as their kind wants it: text with the context of its neighbors, code piece by piece after
/// the words of its path and enclosing declarations, without which a short method says little. For one worker at a
/// time.
/// </summary>
internal sealed class DocumentEncoder
{
    private readonly PassageEncoder _encoder;

    /// <summary>Creates a worker.</summary>
    /// <param name="encoder">Shared by all workers.</param>
    /// <param name="chunks">The overlap is that of text; code has headers instead, which do more.</param>
    /// <param name="pause">Called before every batch, to hold the worker up while others need the cores.</param>
    public DocumentEncoder(BertEncoder encoder, ChunkSettings chunks, Action<CancellationToken>? pause = null) =>
        _encoder = new PassageEncoder(encoder, chunks, pause);

    /// <summary>Identifies the embeddings that a model makes: those of equal keys are comparable.</summary>
    /// <param name="model">The model and its weights.</param>
    public static string Key(string model) => $"{model};passages {PassageEncoder.Version};text {EncoderText.Version}";

    /// <summary>
    /// Whether a document's passages are read one by one, so that their embeddings do not depend on their neighbors.
    /// </summary>
    public static bool ReadsPassagesAlone(StoredDocument document) => EncoderText.IsWrittenOut(StoredKind.Of(document));

    /// <summary>Encodes consecutive passages of a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="passages">Some or all of its passages, in order and without a gap.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    public EncodedPassages Encode(
        StoredDocument document,
        IReadOnlyList<Passage> passages,
        CancellationToken cancellation
    )
    {
        var kind = StoredKind.Of(document);
        var first = passages.Count == 0 ? 0 : (int)(passages[0].Id - document.FirstPassage);
        List<string> texts = [.. passages.Select(passage => EncoderText.Body(passage.Text, kind))];
        var encoded = EncoderText.IsWrittenOut(kind)
            ? _encoder.Encode(
                texts,
                [.. passages.Select(passage => EncoderText.Header(document.Path, passage.Context))],
                first,
                cancellation
            )
            : _encoder.Encode(texts, first, cancellation);
        Count(encoded.TokensRead);
        return encoded;
    }

    /// <summary>Encodes a query, its identifiers written out.</summary>
    public EncodedQuery EncodeQuery(string question)
    {
        var encoded = _encoder.EncodeQuery(EncoderText.Body(question, DocumentKind.Code));
        Count(encoded.Tokens.Length);
        return encoded;
    }

    private static void Count(int tokens) =>
        ContextMeter.CountTokens(Operation.Embeddings, "input", model: null, tokens);
}
