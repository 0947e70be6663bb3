using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules.Retrieval;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>Makes documents with facts of tasks, and questions in the frame that the product asks in.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="frame">The tokens before every document window and question, and after every question.</param>
/// <param name="filler">The text around facts.</param>
/// <param name="tasks">The tasks.</param>
/// <param name="window">Tokens of the model's window.</param>
internal sealed class QuestionExamples(
    Tokenizer tokenizer,
    ChatFrame frame,
    FillerText filler,
    TaskMix tasks,
    int window
)
{
    /// <summary>Tokens of a document for each further sample of a task in it.</summary>
    private const int SampleTokenShare = 128;

    /// <summary>A sample as tokens, its questions as the product words them.</summary>
    /// <exception cref="TrainingException">A question leaves no room in the window.</exception>
    public SampleTokens TokensOf(TaskSample sample)
    {
        var worded = sample with
        {
            Questions = [.. sample.Questions.Select(one => ($"\n\n{one.Question}", one.Answer))],
        };
        var tokens = SampleTokens.Of(tokenizer, worded);
        // Half of the window is for what is read of the document.
        var longest = tokens.Questions.Select(one => PromptOf(one).Length + one.Answer.Length).DefaultIfEmpty(0).Max();
        return longest <= window / 2
            ? tokens
            : throw new TrainingException(
                $"a question and its answer take {longest} tokens, expected {window / 2} at most, half of the model's window."
            );
    }

    /// <summary>The tokens that a question is asked with, the frame included.</summary>
    public int[] PromptOf(QuestionTokens asked) => [.. frame.Before, .. asked.Question, .. frame.After];

    /// <summary>Draws documents of one length with their questions.</summary>
    /// <param name="random">Chooses everything.</param>
    /// <param name="level">At least the first level of the first task.</param>
    /// <param name="length">Tokens of a document; more where the first facts need them.</param>
    /// <param name="stepTokens">Tokens of all documents, but for the first.</param>
    /// <param name="mostQuestions">Questions of all documents, at most.</param>
    public QuestionBatch Draw(Random random, int level, int length, int stepTokens, int mostQuestions)
    {
        var wanted = Math.Clamp(stepTokens / length, 1, mostQuestions);
        var samples = Enumerable.Range(0, wanted).Select(_ => DrawSamples(random, level, length)).ToList();
        var size = samples.Max(all => Math.Max(length, FactTokens(all)));
        var (documents, rows, answers) = (new List<int[]>(), new List<PromptRow>(), new List<(string, int[])>());
        var each = mostQuestions / wanted;
        foreach (var all in samples)
        {
            var document = Plant(random, [.. all.SelectMany(one => one.Tokens.Facts)], size);
            var asked = all.SelectMany(one => one.Tokens.Questions.Select(question => (one.Task, Question: question)))
                .ToArray();
            // The first sample is of a task that was drawn by its weight.
            foreach (var (task, question) in asked.Take(each))
            {
                rows.Add(RowOf(document, documents.Count, question));
                answers.Add((task, question.Answer));
            }

            documents.Add(document);
        }

        return new QuestionBatch(documents, rows, answers);
    }

    /// <summary>The same questions after the end of their documents, as far as the window goes.</summary>
    /// <param name="batch">The documents and questions.</param>
    public QuestionBatch Truncate(QuestionBatch batch) =>
        batch with
        {
            Rows =
            [
                .. batch.Rows.Select(row =>
                {
                    var document = batch.Documents[row.Document];
                    var room = Math.Max(0, window - row.Tokens.Length - 1);
                    var seen = document[^Math.Min(room, document.Length)..];
                    var (before, after) = (frame.Before.Count, row.Tokens[frame.Before.Count..]);
                    return new PromptRow(
                        row.Document,
                        [.. row.Tokens[..before], .. seen, .. after],
                        row.PromptTokens + seen.Length
                    );
                }),
            ],
        };

    private List<(string Task, SampleTokens Tokens)> DrawSamples(Random random, int level, int length)
    {
        var samples = new List<(string Task, SampleTokens Tokens)>();
        var questions = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Max(1, length / SampleTokenShare); i++)
        {
            var (task, sample) = tasks.Draw(random, level);
            var isNew =
                sample.Questions.All(one => !questions.Contains(one.Question))
                && !(task.IsOnlyOne && samples.Exists(one => one.Task == task.Name));
            var tokens = TokensOf(sample);
            if (isNew && (samples.Count == 0 || FactTokens([.. samples, (task.Name, tokens)]) <= length / 2))
            {
                questions.UnionWith(sample.Questions.Select(one => one.Question));
                samples.Add((task.Name, tokens));
            }
        }

        return samples;
    }

    private static int FactTokens(List<(string Task, SampleTokens Tokens)> samples) =>
        samples.Sum(one => one.Tokens.Facts.Sum(fact => fact.Length));

    /// <summary>Puts facts at random places of filler.</summary>
    private int[] Plant(Random random, int[][] facts, int size)
    {
        random.Shuffle(facts);
        var text = new long[size];
        filler.Fill(random, text);
        var room = size - facts.Sum(fact => fact.Length);
        int[] gaps = [.. facts.Select(_ => random.Next(room + 1)).Order()];
        var used = 0;
        for (var i = 0; i < facts.Length; i++)
        {
            for (var j = 0; j < facts[i].Length; j++)
            {
                text[gaps[i] + used + j] = facts[i][j];
            }

            used += facts[i].Length;
        }

        return [.. text.Select(token => (int)token)];
    }

    private PromptRow RowOf(int[] document, int index, QuestionTokens question)
    {
        var prompt = PromptOf(question);
        var held = question.Answer.AsSpan(0, question.Answer.Length - 1);
        int[] tokens = [.. prompt, .. held];
        var gold = new int[tokens.Length];
        Array.Fill(gold, -1);
        var start = document.AsSpan().IndexOf(held);
        for (var i = 0; start >= 0 && i < held.Length; i++)
        {
            gold[prompt.Length - 1 + i] = start + i;
        }

        return new PromptRow(index, tokens, prompt.Length, gold);
    }
}
