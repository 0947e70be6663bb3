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
        var measured = new Dictionary<string, double>();
        foreach (var task in tasks.Where(task => task.Draw(new Random(seed)).Questions.Count > 0))
        {
            foreach (var length in lengths)
            {
                var right = new Dictionary<string, int> { [PerLayer] = 0, [Window] = 0 };
                for (var text = 0; text < texts; text++)
                {
                    var random = new Random(Seeds.Of(seed + text, length));
                    var sample = examples.TokensOf(task.Draw(random));
                    var place = (text + 0.5) / texts;
                    var memory = new TextTokenMemory(encoder);
                    memory.Add("text", HeldOutText.Of(random, filler, sample, length, place), cancellation);
                    foreach (var way in right.Keys)
                    {
                        var reader = new RetrievalReader(model, tokenizer, layout, encoder, threadPool)
                        {
                            Retrieves = way == PerLayer,
                            Threads = threads,
                        };
                        right[way] += Answers(reader, memory, sample.Questions[0], cancellation) ? 1 : 0;
                    }
                }

                foreach (var (way, count) in right)
                {
                    measured[$"{task.Name}, {length} tokens, {way}"] = (double)count / texts;
                }
            }
        }

        return measured;
    }

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
