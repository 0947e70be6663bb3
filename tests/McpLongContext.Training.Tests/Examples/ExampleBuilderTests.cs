using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Examples;

public sealed class ExampleBuilderTests : IDisposable
{
    private static readonly ExampleShape s_shape = new(SegmentTokens: 128, Segments: 4, MostWeight: 100);

    private readonly StoryModel _model = new();
    private readonly Tokenizer _tokenizer;
    private readonly ExampleBuilder _builder;

    public ExampleBuilderTests()
    {
        _tokenizer = ModelTokenizer.Load(_model.Folder);
        _builder = new ExampleBuilder(_tokenizer, new FillerText([_tokenizer.Encode(new string('x', 1000))], own: []));
    }

    public static TheoryData<string> Tasks => ["pass-key", "needle", "several-keys", "named-things"];

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Facts_stand_whole_before_the_last_segment_and_the_answer_ends_the_text(string name)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (sample, example) = Draw(name, seed);

            var before = Text(example.Tokens[..^s_shape.SegmentTokens]);
            Assert.All(
                sample.Facts,
                fact => Assert.Contains(_tokenizer.Decode(fact), before, StringComparison.Ordinal)
            );
            var last = example.Tokens[^s_shape.SegmentTokens..];
            Assert.InRange(example.Answers.Count, 1, sample.Questions.Count);
            Assert.All(
                example.Answers.Zip(sample.Questions),
                one =>
                {
                    Assert.Equal(one.Second.Answer.Select(token => (long)token), one.First.Select(two => two.Token));
                    Assert.All(one.First, target => Assert.Equal(example.Tokens[target.Position + 1], target.Token));
                    Assert.Contains((int)one.First[^1].Token, _tokenizer.Settings.Ends);
                    Assert.Contains(_tokenizer.Decode(one.Second.Question), Text(last), StringComparison.Ordinal);
                }
            );
            var asked = example.Answers.SelectMany(answer => answer).Select(target => target.Position);
            Assert.Empty(asked.Intersect(example.PlainPositions));
        }
    }

    [Fact]
    public void Segments_with_a_fact_weigh_what_they_are_and_filler_may_weigh_more()
    {
        var examples = Enumerable.Range(0, 20).Select(seed => Draw("pass-key", seed).Example).ToList();

        Assert.All(
            examples,
            example =>
            {
                var text = example.Tokens.Chunk(s_shape.SegmentTokens).Select(Text).ToList();
                for (var i = 0; i < text.Count - 1; i++)
                {
                    Assert.True(example.Weights[i] == 1 || !text[i].Contains("key", StringComparison.Ordinal));
                }
            }
        );
        Assert.Contains(examples, example => example.Weights.Max() > 10);
    }

    [Fact]
    public void Equal_seeds_give_equal_examples()
    {
        Assert.Equal(Draw("needle", 7).Example.Tokens, Draw("needle", 7).Example.Tokens);
        Assert.NotEqual(Draw("needle", 7).Example.Tokens, Draw("needle", 8).Example.Tokens);
    }

    [Fact]
    public void What_is_held_out_is_never_filler_of_training()
    {
        var filler = new FillerText(
            [
                [.. Enumerable.Range(0, 100)],
            ],
            own: []
        );
        var (seen, heldOut) = (new long[500], new long[500]);

        filler.Fill(new Random(1), seen);
        filler.Fill(new Random(1), heldOut, heldOut: true);

        Assert.Equal(90, seen.Distinct().Count());
        Assert.Empty(seen.Intersect(heldOut));
    }

    private (SampleTokens Sample, Example Example) Draw(string name, int seed)
    {
        var random = new Random(seed);
        var (task, drawn) = TaskMix.Parse([name], [], mostKeys: 3).Draw(random, level: 5);
        var sample = SampleTokens.Of(_tokenizer, drawn);
        var segments = Math.Max(s_shape.Segments, ExampleBuilder.SegmentsFor(sample, s_shape.SegmentTokens));
        return (
            sample,
            _builder.Build(random, task.Name, sample, s_shape with { Segments = segments }, plainPositions: 3)
        );
    }

    private string Text(long[] tokens) => _tokenizer.Decode([.. tokens.Select(token => (int)token)]);
}
