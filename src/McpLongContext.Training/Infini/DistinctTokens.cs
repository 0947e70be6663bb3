using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// The tokens that a model tells apart. Those that never stood in the texts that it was trained on share one embedding, so
/// that it can neither find nor write them; in the vocabulary of a small model of stories they are more than half.
/// </summary>
/// <param name="model">The model.</param>
internal sealed class DistinctTokens(InfiniDecoder model)
{
    /// <summary>The cosine to the mean of all embeddings from which on one is that of no token in particular.</summary>
    private const double MostCosine = 0.9;

    private const int BlockTokens = 8192;

    private readonly bool[] _isDistinct = Of(model);

    /// <summary>Whether a sample consists of such tokens.</summary>
    public bool Have(SampleTokens sample) =>
        sample.Facts.All(Have) && sample.Questions.All(asked => Have(asked.Question) && Have(asked.Answer.SkipLast(1)));

    private bool Have(IEnumerable<int> tokens) => tokens.All(token => _isDistinct[token]);

    /// <summary>In blocks: the table of a large vocabulary takes hundreds of megabytes.</summary>
    private static bool[] Of(InfiniDecoder model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var mean = zeros(model.Config.HiddenSize);
        foreach (var block in Blocks(model))
        {
            using var one = NewDisposeScope();
            mean.add_(Directions(model, block).sum([0]));
        }

        mean = nn.functional.normalize(mean, p: 2, dim: 0);
        return
        [
            .. Blocks(model)
                .SelectMany(block =>
                {
                    using var one = NewDisposeScope();
                    return Directions(model, block).matmul(mean).lt(MostCosine).data<bool>().ToArray();
                }),
        ];
    }

    private static IEnumerable<(int First, int End)> Blocks(InfiniDecoder model)
    {
        var count = model.Config.VocabularySize;
        for (var first = 0; first < count; first += BlockTokens)
        {
            yield return (first, Math.Min(count, first + BlockTokens));
        }
    }

    /// <summary>[tokens, hidden]: embeddings of length 1.</summary>
    private static Tensor Directions(InfiniDecoder model, (int First, int End) block) =>
        nn.functional.normalize(model.Embed(arange(block.First, block.End, ScalarType.Int64)), p: 2, dim: -1);
}
