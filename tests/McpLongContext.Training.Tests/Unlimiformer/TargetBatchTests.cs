using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Tests.Shared;
using McpLongContext.Training.Unlimiformer;
using McpLongContext.Training.Unlimiformer.Examples;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Unlimiformer;

public sealed class TargetBatchTests : IDisposable
{
    private const long None = TargetBatch.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("target-batch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Answers_are_expected_after_prompts_and_gold_tokens_are_counted_from_the_frame()
    {
        using var scope = NewDisposeScope();
        TinyEncoderDecoder.Of("t5").Write(_folder);
        using var parameters = EncoderDecoderParameters.Open(_folder);
        var (begin, end) = (parameters.Config.TargetBegin, parameters.Config.End);
        TargetExample[] targets = [new([11, 12], [13, 14, end], 5, 6), new([], [15, end])];

        var batch = TargetBatch.Of(parameters.Config, targets, before: 100);

        Assert.Equal([begin, 11, 12, 13, 14, begin, 15, end, end, end], Values(batch.Tokens));
        Assert.Equal([None, None, 13, 14, end, 15, end, None, None, None], Values(batch.Expected));
        Assert.Equal([2, 5, 2], batch.Gold!.shape);
        Assert.Equal([-1, -1, -1, -1, 105, 106, 105, 106, -1, -1], Values(batch.Gold[0]));
        Assert.All(Values(batch.Gold[1]), value => Assert.Equal(-1, value));
    }

    private static long[] Values(Tensor tensor) => tensor.contiguous().data<long>().ToArray();
}
