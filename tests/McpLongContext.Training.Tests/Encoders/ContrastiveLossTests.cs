using McpLongContext.Storage.Embeddings;
using McpLongContext.Training.Encoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Encoders;

public sealed class ContrastiveLossTests
{
    private const int Dimensions = 8;

    [Fact]
    public void MaxSim_is_that_of_search()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var questions = randn([2, 3, Dimensions], generator: generator);
        var passages = randn([4, 5, Dimensions], generator: generator);
        float[][] weights =
        [
            [1, 3, 0],
            [2, 0, 0],
        ];
        var isKept = ones([4, 5], ScalarType.Bool);
        isKept[1, 4] = false;
        isKept[1, 0] = false;

        var found = ContrastiveLoss.MaxSim(
            questions,
            tensor(weights.SelectMany(row => row).ToArray(), [2, 3]),
            passages,
            isKept
        );

        for (var i = 0; i < 2; i++)
        {
            var total = weights[i].Sum();
            var query = new LateInteractionQuery(Unit(questions[i]), weights[i].Select(one => one / total).ToArray());
            for (var j = 0; j < 4; j++)
            {
                var kept = Unit(passages[j]).Chunk(Dimensions).Where((_, t) => isKept[j, t].item<bool>());
                Assert.Equal(query.MaxSimilarity([.. kept.SelectMany(one => one)]), found[i, j].item<float>(), 1e-5f);
            }
        }
    }

    [Fact]
    public void Pooled_similarity_is_the_cosine_of_sums_of_what_is_kept()
    {
        using var scope = NewDisposeScope();
        var questions = tensor([3f, 0, 0, 4, 100, 100], [1, 3, 2]);
        var passages = tensor([1f, 0, 100, 100], [1, 2, 2]);

        var found = ContrastiveLoss.Pooled(
            questions,
            tensor([true, true, false], [1, 3]),
            passages,
            tensor([true, false], [1, 2])
        );

        Assert.Equal(0.6f, found.item<float>(), 1e-5f);
    }

    [Fact]
    public void The_loss_is_small_where_each_question_is_nearest_to_its_own_passage()
    {
        using var scope = NewDisposeScope();
        var right = tensor([1f, 0, 0, 1], [2, 2]);

        Assert.InRange(ContrastiveLoss.Of(right, 0.05).item<float>(), 0, 1e-6);
        Assert.Equal(20, ContrastiveLoss.Of(1 - right, 0.05).item<float>(), 1e-3f);
    }

    private static float[] Unit(Tensor x) => nn.functional.normalize(x, dim: -1).data<float>().ToArray();
}
