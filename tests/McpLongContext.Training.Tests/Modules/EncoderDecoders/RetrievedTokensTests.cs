using McpLongContext.Training.Modules.EncoderDecoders;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules.EncoderDecoders;

public sealed class RetrievedTokensTests
{
    /// <summary>One target of two tokens, two heads, five source tokens.</summary>
    private static readonly float[] s_scores =
    [
        5,
        4,
        3,
        2,
        1, // head 0, token 0
        1,
        2,
        3,
        4,
        5, // head 0, token 1
        1,
        9,
        1,
        8,
        1, // head 1, token 0
        7,
        1,
        1,
        1,
        6, // head 1, token 1
    ];

    [Fact]
    public void Every_head_keeps_its_own_best_tokens_at_each_target_token()
    {
        using var scope = NewDisposeScope();

        var kept = new RetrievedTokens(2).Scores(Scores()).isfinite();

        bool[] expected =
        [
            true,
            true,
            false,
            false,
            false,
            false,
            false,
            false,
            true,
            true,
            false,
            true,
            false,
            true,
            false,
            true,
            false,
            false,
            false,
            true,
        ];
        Assert.Equal(expected, kept.data<bool>().ToArray());
    }

    [Fact]
    public void Gradients_flow_through_the_retrieved_tokens_alone()
    {
        using var scope = NewDisposeScope();
        var scores = Scores().requires_grad_();

        (new RetrievedTokens(2).Scores(scores).softmax(-1) * arange(5, ScalarType.Float32)).sum().backward();

        var isReached = scores.grad!.ne(0);
        Assert.Equal(
            new RetrievedTokens(2).Scores(Scores()).isfinite().data<bool>().ToArray(),
            isReached.data<bool>().ToArray()
        );
    }

    [Fact]
    public void The_share_of_gold_tokens_is_that_of_each_head()
    {
        using var scope = NewDisposeScope();
        // Tokens 3 and 4 hold what comes after target token 0; what comes after token 1 is nowhere.
        using var gold = tensor(new long[] { 3, 4, -1, -1 }).reshape(1, 2, 2);
        var retrieved = new RetrievedTokens(2, gold);

        retrieved.Scores(Scores());

        Assert.Equal([0f, 1f], retrieved.GoldShares!.data<float>().ToArray());
    }

    [Fact]
    public void A_short_source_is_seen_whole_and_nothing_is_measured()
    {
        using var scope = NewDisposeScope();
        using var gold = zeros([1, 2, 1], ScalarType.Int64);
        var retrieved = new RetrievedTokens(5, gold);

        Assert.True(retrieved.Scores(Scores()).isfinite().all().item<bool>());
        Assert.Null(retrieved.GoldShares);
    }

    [Fact]
    public void A_random_subset_has_different_tokens_of_the_source()
    {
        using var scope = NewDisposeScope();
        var states = arange(100, ScalarType.Float32).unsqueeze(1);
        var random = new RandomTokens(10, new Random(1));

        var (first, second) = (Drawn(), Drawn());

        Assert.Equal(10, first.Distinct().Count());
        Assert.NotEqual(first, second);

        float[] Drawn() => random.States(states).data<float>().ToArray();
    }

    private static Tensor Scores() => tensor(s_scores).reshape(2, 2, 5);
}
