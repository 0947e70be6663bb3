using static TorchSharp.torch;

namespace McpLongContext.Training.Encoders;

/// <summary>
/// Contrastive learning of both signals of search, each passage of a batch being wrong for all questions but its own
/// (in-batch negatives, Karpukhin et al., arXiv 2004.04906).
/// </summary>
internal static class ContrastiveLoss
{
    /// <summary>
    /// S[i, j] = sum over q of weight[i, q] * max over t of question[i, q] · passage[j, t] (MaxSim, Khattab and Zaharia,
    /// arXiv 2004.12832), over kept tokens scaled to unit length, the weights of a question adding up to 1.
    /// </summary>
    /// <param name="questions">[questions, tokens, dimensions].</param>
    /// <param name="weights">[questions, tokens]: how much each token counts; 0 for those that are not kept.</param>
    /// <param name="passages">[passages, tokens, dimensions].</param>
    /// <param name="isKept">[passages, tokens].</param>
    /// <returns>[questions, passages].</returns>
    public static Tensor MaxSim(Tensor questions, Tensor weights, Tensor passages, Tensor isKept)
    {
        var (count, asked) = (questions.shape[0], questions.shape[1]);
        var (others, read) = (passages.shape[0], passages.shape[1]);
        var left = Unit(questions).flatten(0, 1);
        var right = Unit(passages).flatten(0, 1);
        var products = left.matmul(right.transpose(0, 1)).reshape(count * asked, others, read);
        var best = products.masked_fill(isKept.logical_not().unsqueeze(0), -1).amax([-1]);
        var shares = weights / weights.sum(-1, keepdim: true).clamp_min(1e-6);
        return (best.reshape(count, asked, others) * shares.unsqueeze(-1)).sum(1);
    }

    /// <summary>The cosine of the sums of kept embeddings, which are the vectors of passages and questions.</summary>
    /// <returns>[questions, passages].</returns>
    public static Tensor Pooled(Tensor questions, Tensor isKeptQuestion, Tensor passages, Tensor isKept)
    {
        var left = Unit((questions * isKeptQuestion.unsqueeze(-1)).sum(1));
        var right = Unit((passages * isKept.unsqueeze(-1)).sum(1));
        return left.matmul(right.transpose(0, 1));
    }

    /// <summary>-log softmax of the similarity of each question with its own passage, S[i, i].</summary>
    /// <param name="similarities">[questions, passages].</param>
    /// <param name="temperature">Divides them.</param>
    public static Tensor Of(Tensor similarities, double temperature) =>
        nn.functional.cross_entropy(similarities / temperature, arange(similarities.shape[0], ScalarType.Int64));

    /// <summary>1 - cosine of embeddings before and after, over kept tokens.</summary>
    public static Tensor Change(Tensor before, Tensor after, Tensor isKept)
    {
        var kept = isKept.to_type(ScalarType.Float32);
        return ((1 - (Unit(before) * Unit(after)).sum(-1)) * kept).sum() / kept.sum().clamp_min(1);
    }

    private static Tensor Unit(Tensor x) => nn.functional.normalize(x, p: 2, dim: -1);
}
