using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>
/// A decoder that reads documents longer than its window by retrieval attention in every layer by itself (Unlimiformer,
/// Bertsch et al., arXiv 2305.01625), as <see cref="LongAttention.Unlimiformer.Reading.PerLayerAttention"/> does, with
/// gradients through the vectors that are read.
/// </summary>
/// <param name="model">The model; its compressive memories are not used.</param>
/// <param name="layerBegin">The first layer that reads from documents.</param>
/// <param name="header">The tokens before every window of a document, and at the start of every row.</param>
/// <param name="isQuantized">Whether vectors of documents are rounded as a token memory keeps them.</param>
internal sealed class RetrievalDecoder(
    InfiniDecoder model,
    int layerBegin,
    IReadOnlyList<int> header,
    bool isQuantized = true
) : IDisposable
{
    private readonly RotaryEmbedding _rotary = new(model.Config, model.Config.ContextLength);

    private DecoderConfig Config => model.Config;

    /// <summary>
    /// Encodes documents in windows, each after the header, as <see cref="KeyEncoder"/> does.
    /// </summary>
    /// <param name="documents">Tokens of documents of equal length.</param>
    /// <returns>By layer from the first one that reads.</returns>
    public IReadOnlyList<DocumentVectors> Encode(IReadOnlyList<int[]> documents)
    {
        var length = documents[0].Length;
        var window = Math.Min(length, Math.Min(KeyEncoder.WindowTokens, Config.ContextLength - header.Count));
        var windows = (length + window - 1) / window;
        long[] tokens = [.. documents.SelectMany(document => Windows(document, window, windows))];
        var states = model.Embed(tensor(tokens).reshape(documents.Count, windows, header.Count + window));
        var vectors = new List<DocumentVectors>();
        for (var layer = 0; layer < Config.LayerCount; layer++)
        {
            var reads = layer >= layerBegin;
            var attention = model.Layers[layer].Attention;
            states = Apply(
                layer,
                states,
                (queries, keys, values) =>
                {
                    if (reads)
                    {
                        var read = new DocumentVectors(Whole(keys), Whole(values));
                        vectors.Add((isQuantized ? read.Quantized() : read).MoveToOuterDisposeScope());
                    }

                    return attention.AttendLocally(queries, keys, values);
                }
            );
        }

        return vectors;

        // [documents, windows, KV heads, tokens, headDim] without the header, windows one after the other.
        Tensor Whole(Tensor x) => x.narrow(3, header.Count, window).transpose(1, 2).flatten(2, 3).narrow(2, 0, length);
    }

    /// <summary>Reads rows.</summary>
    /// <param name="rows">The rows; none is longer than the model's window.</param>
    /// <param name="documents">As <see cref="Encode"/> gives them.</param>
    /// <param name="selection">Chooses what is read of documents.</param>
    /// <returns>[rows, tokens of the longest row, hidden].</returns>
    public Tensor Read(
        IReadOnlyList<PromptRow> rows,
        IReadOnlyList<DocumentVectors> documents,
        RetrievalSelection selection
    )
    {
        var states = model.Embed(Rectangle(rows).unsqueeze(0));
        for (var layer = 0; layer < Config.LayerCount; layer++)
        {
            var (read, attention) = (layer - layerBegin, model.Layers[layer].Attention);
            var window = Config.WindowOf(layer);
            states = Apply(
                layer,
                states,
                (queries, keys, values) =>
                    read < 0
                        ? attention.AttendLocally(queries, keys, values)
                        : Attend(rows, documents[read], selection, window, (queries, keys, values))
            );
        }

        return states.squeeze(0);
    }

    /// <summary>Rows filled up to the longest, [rows, tokens].</summary>
    public static Tensor Rectangle(IReadOnlyList<PromptRow> rows)
    {
        var most = rows.Max(row => row.Tokens.Length);
        return tensor(
                rows.SelectMany(row =>
                        row.Tokens.Select(token => (long)token)
                            .Concat(Enumerable.Repeat((long)row.Tokens[^1], most - row.Tokens.Length))
                    )
                    .ToArray()
            )
            .reshape(rows.Count, most);
    }

    /// <inheritdoc />
    public void Dispose() => _rotary.Dispose();

    private IEnumerable<long> Windows(int[] document, int window, int windows)
    {
        for (var i = 0; i < windows; i++)
        {
            var part = document.AsSpan(i * window, Math.Min(window, document.Length - (i * window))).ToArray();
            // Causal: what fills up the last window changes nothing before it.
            int[] filled = [.. header, .. part, .. Enumerable.Repeat(part[^1], window - part.Length)];
            foreach (var token in filled)
            {
                yield return token;
            }
        }
    }

    /// <summary>Applies one layer. What it computes in between is freed, but for what gradients need.</summary>
    private Tensor Apply(int layer, Tensor states, Func<Tensor, Tensor, Tensor, Tensor> attend)
    {
        using var scope = NewDisposeScope();
        var attended = model.Layers[layer].Attend(states, attend);
        return model.Layers[layer].Feed(attended).MoveToOuterDisposeScope();
    }

    /// <summary>softmax(scale R(q) R(K)^T) V over what each token attends to, rotated by its place among that.</summary>
    private Tensor Attend(
        IReadOnlyList<PromptRow> rows,
        DocumentVectors document,
        RetrievalSelection selection,
        int window,
        (Tensor Queries, Tensor Keys, Tensor Values) own
    )
    {
        // [rows, tokens, KV heads, query heads of each, headDim]
        var queries = own.Queries.squeeze(0).transpose(1, 2).unflatten(2, [Config.KeyValueHeadCount, -1]);
        var means = queries.mean([3]).transpose(1, 2);
        var (numbers, last) = selection.Select(rows, header.Count, means, document.Keys);
        var keys = _rotary.forward(Gather(document.Keys, own.Keys));
        var scores = _rotary.Forward(queries, last).matmul(keys.transpose(-1, -2)) * Config.ScoreScale;
        var ahead = arange(numbers.shape[3]).sub(last.unsqueeze(-1));
        var unseen = ahead.gt(0).logical_or(ahead.le(-(long)window));
        var shares = scores.masked_fill(unseen.unsqueeze(3), double.NegativeInfinity).softmax(-1);
        return shares.matmul(Gather(document.Values, own.Values)).flatten(2, 3).transpose(1, 2).unsqueeze(0);

        // [rows, tokens, KV heads, places, headDim]
        Tensor Gather(Tensor stored, Tensor local) =>
            cat([stored.flatten(0, 2), local.flatten(0, 3)])
                .index_select(0, numbers.flatten())
                .reshape([.. numbers.shape, Config.HeadDim]);
    }
}
