using System.Numerics.Tensors;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval.Explanations;

/// <summary>Aligns the tokens of a question with those of a passage.</summary>
internal static class Alignment
{
    /// <summary>The alignment of a question and a passage.</summary>
    /// <param name="snapshot">The state of the datastore that the passage is in.</param>
    /// <param name="question">The question.</param>
    /// <param name="passage">The passage.</param>
    /// <param name="encoder">Encodes both.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static TokenAlignment Of(
        DatastoreSnapshot snapshot,
        Question question,
        Passage passage,
        RetrievalEncoder encoder,
        CancellationToken cancellation
    )
    {
        var query = encoder.EncodeQuery(question.Text);
        var terms = encoder.WordsOf(query);
        var document = snapshot.Documents.OfPassage(passage.Id);
        var chunks = DatastoreRegistry.ChunksOf(snapshot);
        var encoded = encoder.Encode(document, [passage], chunks, cancellation);
        var width = query.Pooled.Length;
        var spans = new List<AlignedSpan>();
        var token = 0;
        foreach (var (start, length, tokens) in Spans(passage.Text, StoredKind.Of(document), encoder))
        {
            var count = Math.Min(tokens, encoded.TokenCounts[0] - token);
            var embeddings = encoded.Embeddings.AsSpan(token * width, count * width);
            spans.Add(new AlignedSpan(start, length, Similarities(query.Embeddings, terms, embeddings, width)));
            token += count;
        }

        return new TokenAlignment(passage.Text, [.. terms.Select(term => term.Word)], spans);
    }

    /// <summary>The greatest similarity of any of the embeddings to any token of each term.</summary>
    private static float[] Similarities(
        ReadOnlySpan<float> query,
        IReadOnlyList<(string Word, int Pieces)> terms,
        ReadOnlySpan<float> embeddings,
        int width
    )
    {
        var similarities = new float[terms.Count];
        for (var term = 0; term < similarities.Length; term++)
        {
            for (var piece = 0; piece < terms[term].Pieces; piece++, query = query[width..])
            {
                for (var rest = embeddings; !rest.IsEmpty; rest = rest[width..])
                {
                    var similarity = TensorPrimitives.Dot(query[..width], rest[..width]);
                    similarities[term] = Math.Max(similarities[term], similarity);
                }
            }
        }

        return similarities;
    }

    /// <summary>The words of a text with the number of embeddings that each has, as the tokenizer separates them.</summary>
    private static IEnumerable<(int Start, int Length, int Tokens)> Spans(
        string text,
        DocumentKind kind,
        RetrievalEncoder encoder
    )
    {
        for (var start = 0; start < text.Length; )
        {
            var end = start;
            while (end < text.Length && IsOfWord(text[end]))
            {
                end++;
            }

            if (end > start)
            {
                var tokenizer = encoder.Model.Encoder.Tokenizer;
                var ids = tokenizer.Tokenize(EncoderText.Body(text[start..end], kind));
                var kept = ids.Count(id => !tokenizer.IsPunctuation(id));
                if (kept > 0)
                {
                    yield return (start, end - start, kept);
                }
            }

            start = Math.Max(end, start + 1);
        }
    }

    private static bool IsOfWord(char c) =>
        char.IsAscii(c) ? char.IsAsciiLetterOrDigit(c) : !char.IsWhiteSpace(c) && !char.IsPunctuation(c);
}
