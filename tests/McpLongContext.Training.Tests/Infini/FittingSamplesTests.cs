using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Modules;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Infini;

public sealed class FittingSamplesTests : IDisposable
{
    private const int SegmentTokens = 24;
    private static readonly TaskSample s_long = new(["a"], [(new string('a', 30), " b")]);
    private static readonly TaskSample s_short = new(["a"], [("a", " b")]);

    private readonly StoryModel _model = new();

    [Fact]
    public void A_sample_that_has_no_room_is_drawn_again()
    {
        var drawn = new Queue<TaskSample>([s_long, s_long, s_short, s_long]);

        var sample = Draw(() => drawn.Dequeue());

        Assert.True(ExampleBuilder.Fits(sample, SegmentTokens));
        Assert.Single(drawn);
    }

    [Fact]
    public void Where_none_has_room_the_last_one_is_left_to_be_refused_by_name()
    {
        var sample = Draw(() => s_long);

        var error = Assert.Throws<TrainingException>(() => ExampleBuilder.SegmentsFor(sample, SegmentTokens));
        Assert.StartsWith($"--segment {SegmentTokens}: a question and its answer take", error.Message);
    }

    public void Dispose() => _model.Dispose();

    private SampleTokens Draw(Func<TaskSample> draw)
    {
        using var model = InfiniDecoder.Load(_model.Folder, new AdapterSettings { Rank = 2 });
        return new FittingSamples(model, ModelTokenizer.Load(_model.Folder))
            .Draw(() => (new PassKeyTask(), draw()), SegmentTokens)
            .Sample;
    }
}
