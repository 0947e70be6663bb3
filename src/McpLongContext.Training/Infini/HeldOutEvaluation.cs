using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Asks the product's own engine, with the adapter as it would be installed, about texts that training did not see: the
/// facts of a task in filler that was held out, read token by token into a real compressive memory.
/// </summary>
/// <param name="model">The model without the adapter.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="filler">The filler.</param>
/// <param name="samples">Draws their samples.</param>
/// <param name="tasks">The tasks; those that ask nothing are left out.</param>
/// <param name="settings">How many texts of which lengths.</param>
/// <param name="threads">Threads that compute.</param>
internal sealed class HeldOutEvaluation(
    Decoder model,
    Tokenizer tokenizer,
    FillerText filler,
    FittingSamples samples,
    IReadOnlyList<ITrainingTask> tasks,
    InfiniSettings settings,
    int threads
)
{
    /// <summary>The share of right answers by task and length.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public IReadOnlyDictionary<string, double> Run(InfiniAdapter adapter, CancellationToken cancellation)
    {
        var (texts, seed) = (settings.HeldOutTexts, settings.Seed);
        // Not disposed: it shares the model's weights.
        var adapted = adapter.Apply(model);
        return tasks
            .Where(task => task.Draw(new Random(seed)).Questions.Count > 0)
            .SelectMany(task => settings.HeldOutLengths.Select(length => (Task: task, Length: length)))
            .ToDictionary(
                one => $"{one.Task.Name}, {one.Length} tokens",
                one =>
                    Enumerable
                        .Range(0, texts)
                        .Count(text => IsRight(one.Task, one.Length, (text + 0.5) / texts, seed + text)) / (double)texts
            );

        bool IsRight(ITrainingTask task, int length, double place, int textSeed)
        {
            var random = new Random(Seeds.Of(textSeed, length));
            var (_, sample) = samples.Draw(() => (task, task.Draw(random)), settings.SegmentTokens);
            var memory = adapter.CreateMemory(adapted.Config);
            Remember(adapted, adapter, memory, Text(random, sample, length, place), cancellation);
            return Answers(adapted, adapter, memory, sample.Questions[0], cancellation);
        }
    }

    private bool Answers(
        Decoder adapted,
        InfiniAdapter adapter,
        CompressiveMemory memory,
        QuestionTokens asked,
        CancellationToken cancellation
    )
    {
        using var session = adapted.CreateSession(adapter.Attend(adapted.Config, memory), threads);
        var prompt = tokenizer.Settings is { AddsBegin: true, Begin: { } begin }
            ? [begin, .. asked.Question]
            : asked.Question;
        return ExactAnswer.IsWritten(session, prompt, asked.Answer, tokenizer.Settings.Ends, cancellation);
    }

    private int[] Text(Random random, SampleTokens sample, int length, double place)
    {
        var tokens = HeldOutText.Of(random, filler, length, (sample, place));
        if (tokenizer.Settings is { AddsBegin: true, Begin: { } begin })
        {
            tokens[0] = begin;
        }

        return tokens;
    }

    private void Remember(
        Decoder adapted,
        InfiniAdapter adapter,
        CompressiveMemory memory,
        int[] tokens,
        CancellationToken cancellation
    )
    {
        var attention = adapter.Attend(adapted.Config, memory);
        using var session = adapted.CreateSession(attention, adapted.Config.LayerCount - 1, threads);
        session.Forward(tokens, [], cancellation);
        attention.EndSegment();
    }
}
