using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Examples;

/// <summary>
/// Makes examples: plants the facts of a task into filler and puts its questions into the last segment.
/// </summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="filler">The text around facts.</param>
internal sealed class ExampleBuilder(Tokenizer tokenizer, FillerText filler)
{
    /// <summary>
    /// How often the question begins a text of its own, as in a fresh sequence; otherwise it stands in the filler.
    /// </summary>
    private const double FreshQuestions = 0.6;

    /// <summary>How often filler weighs nothing more than it is.</summary>
    private const double PlainWeights = 0.3;

    private readonly int? _begin = tokenizer.Settings.AddsBegin ? tokenizer.Settings.Begin : null;

    /// <summary>Whether each question of a sample, with its answer, has room in a segment.</summary>
    public static bool Fits(SampleTokens sample, int segmentTokens) => Asked(sample) <= segmentTokens;

    /// <summary>The segments that a sample needs.</summary>
    /// <exception cref="TrainingException">A question of the sample does not fit a segment.</exception>
    public static int SegmentsFor(SampleTokens sample, int segmentTokens)
    {
        if (!Fits(sample, segmentTokens))
        {
            throw new TrainingException(
                $"--segment {segmentTokens}: a question and its answer take {Asked(sample)} tokens; take longer segments."
            );
        }

        var facts = sample.Facts.Sum(fact => fact.Length) + 1;
        return 1 + ((facts + segmentTokens - 1) / segmentTokens);
    }

    /// <summary>Makes an example.</summary>
    /// <param name="random">Chooses filler and places.</param>
    /// <param name="task">The name of the task.</param>
    /// <param name="sample">The task's example.</param>
    /// <param name="shape">How many segments, of how many tokens, and how heavy filler may be.</param>
    /// <param name="plainPositions">Positions of plain text in a segment.</param>
    public Example Build(Random random, string task, SampleTokens sample, ExampleShape shape, int plainPositions)
    {
        var tokens = new long[shape.Segments * shape.SegmentTokens];
        filler.Fill(random, tokens);
        Begin(tokens);
        var isTouched = Plant(random, sample.Facts, tokens, shape);
        var answers = Ask(random, sample, tokens, tokens.Length - shape.SegmentTokens);
        return new Example(
            tokens,
            Weigh(random, isTouched, shape.MostWeight),
            answers,
            Plain(random, tokens.Length, answers, plainPositions * shape.Segments),
            task
        );
    }

    /// <summary>Makes an example of plain text alone.</summary>
    /// <param name="random">Chooses filler and positions.</param>
    /// <param name="shape">How many segments, of how many tokens.</param>
    /// <param name="plainPositions">Positions of plain text in a segment.</param>
    /// <param name="heldOut">Whether it comes from what training does not see.</param>
    public Example BuildPlain(Random random, ExampleShape shape, int plainPositions, bool heldOut)
    {
        var tokens = new long[shape.Segments * shape.SegmentTokens];
        filler.Fill(random, tokens, heldOut);
        Begin(tokens);
        var weights = Enumerable.Repeat(1f, shape.Segments).ToArray();
        return new Example(
            tokens,
            weights,
            [],
            Plain(random, tokens.Length, [], plainPositions * shape.Segments),
            "plain"
        );
    }

    /// <summary>The tokens of the longest question with its answer, and the one that begins a text.</summary>
    private static int Asked(SampleTokens sample) =>
        1 + sample.Questions.Select(question => question.Length).DefaultIfEmpty(0).Max();

    private void Begin(Span<long> tokens)
    {
        if (_begin is { } begin)
        {
            tokens[0] = begin;
        }
    }

    /// <summary>Puts facts at random places before the last segment, in their order.</summary>
    /// <returns>[segments]: whether a part of a fact lies in it.</returns>
    private static bool[] Plant(Random random, IReadOnlyList<int[]> facts, long[] tokens, ExampleShape shape)
    {
        var isTouched = new bool[shape.Segments];
        var room = tokens.Length - shape.SegmentTokens - 1 - facts.Sum(fact => fact.Length);
        int[] gaps = [.. facts.Select(_ => random.Next(room + 1)).Order()];
        var used = 1;
        for (var i = 0; i < facts.Count; i++)
        {
            for (var j = 0; j < facts[i].Length; j++)
            {
                var at = gaps[i] + used + j;
                tokens[at] = facts[i][j];
                isTouched[at / shape.SegmentTokens] = true;
            }

            used += facts[i].Length;
        }

        return isTouched;
    }

    /// <summary>Writes questions and answers into the last segment, one after the other while there is room.</summary>
    private List<IReadOnlyList<Target>> Ask(Random random, SampleTokens sample, long[] tokens, int last)
    {
        var answers = new List<IReadOnlyList<Target>>();
        if (sample.Questions.Count == 0)
        {
            return answers;
        }

        var isFresh = random.NextDouble() < FreshQuestions;
        if (isFresh)
        {
            Begin(tokens.AsSpan(last));
        }

        var room = tokens.Length - last - sample.Questions[0].Length;
        var at = last + (isFresh ? (_begin is null ? 0 : 1) : random.Next(room + 1));
        foreach (var (question, answer) in sample.Questions)
        {
            if (at + question.Length + answer.Length > tokens.Length)
            {
                break;
            }

            question.Select(token => (long)token).ToArray().CopyTo(tokens, at);
            at += question.Length;
            answers.Add([.. answer.Select((token, i) => new Target(at + i - 1, token))]);
            answer.Select(token => (long)token).ToArray().CopyTo(tokens, at);
            at += answer.Length;
        }

        return answers;
    }

    private static List<int> Plain(Random random, int length, List<IReadOnlyList<Target>> answers, int count)
    {
        var asked = answers.SelectMany(answer => answer).Select(target => target.Position).ToHashSet();
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(length)).Where(one => !asked.Contains(one))];
    }

    /// <summary>The weights of segments: one of filler alone stands for many of its kind.</summary>
    private static float[] Weigh(Random random, bool[] isTouched, double most)
    {
        var weight = random.NextDouble() < PlainWeights ? 1 : Math.Pow(most, random.NextDouble());
        return
        [
            .. isTouched.Select(touched =>
                touched || weight <= 1 ? 1f : (float)Math.Max(1, weight * (0.5 + random.NextDouble()))
            ),
        ];
    }
}
