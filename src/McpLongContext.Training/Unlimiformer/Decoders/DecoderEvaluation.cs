using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>
/// Asks the product's engine, with the model as it would be installed, about documents that training did not see: by
/// <c>per_layer</c> and, for comparison, from the end of the document that fits the window.
/// </summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="frame">The frame of questions and document windows.</param>
/// <param name="filler">The filler.</param>
/// <param name="examples">Words the questions.</param>
/// <param name="tasks">The tasks; those that ask nothing are left out.</param>
/// <param name="settings">The first layer that reads, and the seed.</param>
/// <param name="threads">Threads that compute.</param>
internal sealed class DecoderEvaluation(
    Tokenizer tokenizer,
    ChatFrame frame,
    FillerText filler,
    QuestionExamples examples,
    IReadOnlyList<ITrainingTask> tasks,
    DecoderSettings settings,
    int threads
)
{
    /// <summary>The name of the comparison in measurements.</summary>
    public const string Window = RetrievalReader.PlainWindow;

    private static readonly PerLayerMode s_mode = new();

    /// <summary>The name of retrieval in measurements.</summary>
    public static string PerLayer => s_mode.Name;

    private static readonly string[] s_ways = [PerLayer, Window];

    /// <summary>The share of right answers by task, length and way.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="lengths">Tokens of the documents.</param>
    /// <param name="texts">Documents of each length.</param>
    /// <param name="seed">Chooses the documents.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public IReadOnlyDictionary<string, double> Run(
        string folder,
        IReadOnlyList<int> lengths,
        int texts,
        int seed,
        CancellationToken cancellation
    )
    {
        using var model = Decoder.Load(folder, Precision.Int8, threads);
        using var threadPool = new ComputeThreadPool(threads);
        var begin = settings.LayerBeginOf(model.Config.LayerCount);
        // This mode searches in every layer by itself: any head does for the one that selects.
        var layout = KeyLayout.Of(model.Config, new RetrievalHeads(begin, 0, [0], 0), KeyDepth.Full, begin);
        using var encoder = new KeyEncoder(model, layout, [.. frame.Before], threads);
        var asked = tasks.Where(task => task.Draw(new Random(seed)).Questions.Count > 0).ToList();
        var measured = asked
            .SelectMany(task => lengths.SelectMany(length => s_ways.Select(way => NameOf(task, length, way))))
            .ToDictionary(name => name, _ => 0.0);
        foreach (
            var (length, text) in lengths.SelectMany(length => Enumerable.Range(0, texts).Select(i => (length, i)))
        )
        {
            var random = new Random(Seeds.Of(seed + text, length));
            // One document for all tasks, whose facts stand apart; each task has its own at all places.
            var planted = asked
                .Select(
                    (task, i) =>
                        (
                            Sample: examples.TokensOf(task.Draw(random)),
                            Place: (((text + 0.5) / texts) + ((double)i / asked.Count)) % 1
                        )
                )
                .ToList();
            var memory = new TextTokenMemory(encoder);
            memory.Add("text", HeldOutText.Of(random, filler, length, planted), cancellation);
            foreach (var (task, (sample, _)) in asked.Zip(planted))
            {
                foreach (var way in s_ways)
                {
                    var reader = new RetrievalReader(model, tokenizer, layout, encoder, threadPool)
                    {
                        Retrieves = way == PerLayer,
                        Threads = threads,
                    };
                    var isRight = Answers(reader, memory, sample.Questions[0], cancellation);
                    measured[NameOf(task, length, way)] += (isRight ? 1.0 : 0) / texts;
                }
            }
        }

        return measured;
    }

    private static string NameOf(ITrainingTask task, int length, string way) => $"{task.Name}, {length} tokens, {way}";

    private bool Answers(
        RetrievalReader reader,
        TextTokenMemory memory,
        QuestionTokens asked,
        CancellationToken cancellation
    )
    {
        var prompt = new RetrievalPrompt(frame.Before, [], [], [.. asked.Question, .. frame.After]);
        using var reading = reader.Begin(memory, "", prompt, s_mode, asked.Answer.Length, cancellation);
        return ExactAnswer.IsWritten(
            reading.Run,
            reading.Prompt.Span,
            asked.Answer,
            tokenizer.Settings.Ends,
            cancellation
        );
    }
}
