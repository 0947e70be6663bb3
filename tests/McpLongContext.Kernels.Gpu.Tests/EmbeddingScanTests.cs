namespace McpLongContext.Kernels.Gpu.Tests;

public sealed class EmbeddingScanTests : IDisposable
{
    private static readonly int[] s_passages = [4, 0, 2, 1, 3];

    private readonly TestDevices _devices = new(1 << 20);

    public void Dispose() => _devices.Dispose();

    [Theory]
    [InlineData(64, 1)]
    [InlineData(384, 5)]
    [InlineData(1024, 2)]
    public void Scores_are_those_of_the_definitions(int dimensions, int queries)
    {
        var random = new Random(dimensions + queries);
        var sample = new SamplePlanes(random, dimensions, 1, 33, 0, 32, 70);
        using var held = _devices.Search.Hold(sample.Planes)!;
        var query = SamplePlanes.Floats(random, dimensions);
        var tokens = SamplePlanes.Floats(random, queries * dimensions);
        var codes = SamplePlanes.Bytes(random, queries * dimensions / 8);
        var weights = SamplePlanes.Floats(random, queries);

        AreClose(passage => sample.Passage(passage, query), held.ScorePassages(s_passages, query));
        AreClose(passage => sample.Binary(passage, codes, weights), held.ScoreBinaryCodes(s_passages, codes, weights));
        AreClose(
            passage => sample.Residual(passage, tokens, weights),
            held.ScoreResidualCodes(s_passages, tokens, weights)
        );
    }

    [Fact]
    public void A_scan_of_no_passages_has_no_scores()
    {
        using var held = _devices.Search.Hold(new SamplePlanes(new Random(1), 64, 3).Planes)!;
        Assert.Empty(held.ScorePassages([], new float[64])!);
    }

    [Theory]
    [InlineData(96)]
    [InlineData(8)]
    public void Dimensions_that_are_no_words_are_not_held(int dimensions) =>
        Assert.Null(_devices.Search.Hold(new SamplePlanes(new Random(1), dimensions, 3).Planes));

    private static void AreClose(Func<int, double> expected, float[]? scores)
    {
        Assert.NotNull(scores);
        for (var i = 0; i < s_passages.Length; i++)
        {
            var score = expected(s_passages[i]);
            Assert.True(
                double.IsNaN(score)
                    ? float.IsNaN(scores[i])
                    : Math.Abs(score - scores[i]) <= 2e-5 * (1 + Math.Abs(score)),
                $"passage {s_passages[i]}: {scores[i]} instead of {score}"
            );
        }
    }
}
