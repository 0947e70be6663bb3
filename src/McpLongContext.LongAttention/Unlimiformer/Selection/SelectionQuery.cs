using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The query that tokens are scored by: the query vectors of a question in each selecting head, with weights that take
/// their mean, and those of a question without content, with negative ones. What attracts any question (the start of a
/// chapter, a capital letter) cancels out (in-context re-ranking, Chen et al., arXiv 2410.02642).
/// </summary>
/// <param name="Queries"><c>[queries, headDim]</c>.</param>
/// <param name="Weights"><c>[queries]</c>.</param>
/// <param name="Scale">The factor of the products before the softmax.</param>
public sealed record SelectionQuery(float[] Queries, float[] Weights, float Scale)
{
    /// <summary>
    /// Tokens whose scores count together: about a short sentence. A needle was the best of 32,768 tokens of a manual
    /// for 46 of 50 questions, and for 35 where each token counted alone.
    /// </summary>
    public int Phrase { get; init; } = 16;

    /// <summary>A question without content.</summary>
    public const string Empty = "N/A";

    /// <summary>The query of a question.</summary>
    /// <param name="encoder">Encodes it.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="question">The question, without any template.</param>
    /// <param name="scale">The model's factor of attention scores.</param>
    /// <exception cref="ArgumentException">The question has no tokens.</exception>
    public static SelectionQuery Of(KeyEncoder encoder, Tokenizer tokenizer, string question, float scale)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return Of(encoder, tokenizer.Encode(question), tokenizer.Encode(Empty), scale);
    }

    /// <summary>The query of a question.</summary>
    /// <param name="encoder">Encodes it.</param>
    /// <param name="question">The question's tokens, without any template.</param>
    /// <param name="empty">The tokens of <see cref="Empty"/>.</param>
    /// <param name="scale">The model's factor of attention scores.</param>
    /// <exception cref="ArgumentException">There are no tokens.</exception>
    public static SelectionQuery Of(
        KeyEncoder encoder,
        ReadOnlySpan<int> question,
        ReadOnlySpan<int> empty,
        float scale
    )
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (question.IsEmpty || empty.IsEmpty)
        {
            throw new ArgumentException("no tokens found, expected one at least.", nameof(question));
        }

        return Of(encoder.EncodeQueries(question), encoder.EncodeQueries(empty), encoder.Layout.HeadDim, scale);
    }

    /// <summary>The query of tokens whose queries are known.</summary>
    /// <param name="asked">[queries, headDim].</param>
    /// <param name="empty">Those of <see cref="Empty"/>.</param>
    /// <param name="width">headDim.</param>
    /// <param name="scale">The model's factor of attention scores.</param>
    public static SelectionQuery Of(float[] asked, float[] empty, int width, float scale)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(empty);
        return new SelectionQuery(
            [.. asked, .. empty],
            [.. Means(asked.Length / width, 1), .. Means(empty.Length / width, -1)],
            scale
        );
    }

    private static IEnumerable<float> Means(int count, float sign) => Enumerable.Repeat(sign / count, count);
}
