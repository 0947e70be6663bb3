using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Infini;

public sealed class DistinctTokensTests
{
    [Fact]
    public void Tokens_that_share_an_embedding_are_told_apart_by_none()
    {
        using var model = TinyModels.Random("llama", new AdapterSettings { Rank = 2 });
        using (no_grad())
        using (NewDisposeScope())
        {
            // As training leaves the tokens that it never sees.
            var embedding = model.named_buffers().Single(one => one.name == "embedding").buffer;
            embedding.narrow(0, 8, embedding.shape[0] - 8).copy_(embedding[8].clone());
        }

        var distinct = new DistinctTokens(model);

        Assert.True(distinct.Have(Sample(fact: 3, answer: 4)));
        Assert.False(distinct.Have(Sample(fact: 3, answer: 10)));
        Assert.False(distinct.Have(Sample(fact: 10, answer: 4)));
    }

    /// <summary>The last token of an answer ends the text and need not be told apart.</summary>
    private static SampleTokens Sample(int fact, int answer) =>
        new(
            [
                [1, fact],
            ],
            [new QuestionTokens([2], [answer, 11])]
        );
}
