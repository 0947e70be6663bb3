using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Examples;

/// <summary>
/// Makes examples: plants the facts of a task into filler and puts its question into the last segment.
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

    /// <summary>How many times as much plain language modeling an example has in which nothing is asked.</summary>
    private const int PlainTargets = 2;

    private readonly int? _begin = tokenizer.Settings.AddsBegin ? tokenizer.Settings.Begin : null;

    /// <summary>The segments that a sample needs.</summary>
    /// <exception cref="TrainingException">The sample's question does not fit a segment.</exception>
    public static int SegmentsFor(SampleTokens sample, int segmentTokens)
    {
        var asked = sample.Question.Length + sample.Answer.Length + 1;
        if (asked > segmentTokens)
        {
            throw new TrainingException(
                $"--segment {segmentTokens}: a question and its answer take {asked} tokens; take longer segments."
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
    /// <param name="languageTargets">How many tokens of plain language modeling are asked for.</param>
    public Example Build(Random random, string task, SampleTokens sample, ExampleShape shape, int languageTargets)
    {
        var tokens = new long[shape.Segments * shape.SegmentTokens];
        var isLanguage = filler.Fill(random, tokens);
        Begin(tokens);
        var isTouched = Plant(random, sample.Facts, tokens, shape);
        var last = tokens.AsSpan(tokens.Length - shape.SegmentTokens);
        var answer = Ask(random, sample, last);
        var wanted = sample.Answer.Length > 0 ? languageTargets : PlainTargets * languageTargets;
        var language = isLanguage ? Language(random, last, answer, wanted) : [];
        return new Example(tokens, Weigh(random, isTouched, shape.MostWeight), answer, language, task);
    }

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

    /// <summary>Writes question and answer into the last segment.</summary>
    private List<Target> Ask(Random random, SampleTokens sample, Span<long> last)
    {
        var targets = new List<Target>();
        if (sample.Answer.Length == 0)
        {
            return targets;
        }

        var length = sample.Question.Length + sample.Answer.Length;
        var isFresh = random.NextDouble() < FreshQuestions;
        var start = isFresh ? (_begin is null ? 0 : 1) : random.Next(last.Length - length + 1);
        if (isFresh)
        {
            Begin(last);
        }

        for (var i = 0; i < length; i++)
        {
            var isAsked = i < sample.Question.Length;
            var token = isAsked ? sample.Question[i] : sample.Answer[i - sample.Question.Length];
            last[start + i] = token;
            if (!isAsked)
            {
                targets.Add(new Target(start + i - 1, token));
            }
        }

        return targets;
    }

    private static List<Target> Language(Random random, ReadOnlySpan<long> last, List<Target> answer, int count)
    {
        var targets = new List<Target>();
        for (var i = 0; i < count; i++)
        {
            var position = random.Next(last.Length - 1);
            if (!answer.Exists(target => target.Position == position))
            {
                targets.Add(new Target(position, last[position + 1]));
            }
        }

        return targets;
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
