using System.Text.RegularExpressions;

namespace McpLongContext.Training.Tasks;

/// <summary>Sentences of documents: what begins as one of them did is to end as it did.</summary>
internal sealed partial class SentenceFactsTask : ITrainingTask
{
    private const int LeastWords = 6;
    private const int MostWords = 16;
    private const int HeldOutEvery = 10;
    private readonly string[] _sentences;

    /// <summary>Takes the sentences of documents, nine of ten to train on.</summary>
    /// <param name="texts">The documents.</param>
    /// <exception cref="TrainingException">There are no sentences of a fitting length in them.</exception>
    public SentenceFactsTask(IEnumerable<string> texts)
    {
        string[] sentences =
        [
            .. texts
                .SelectMany(text => Sentence.Matches(text))
                .Select(match => match.Value)
                .Where(IsFitting)
                .Distinct(),
        ];
        if (sentences.Length == 0)
        {
            throw new TrainingException(
                $"sentence-facts: no sentence of {LeastWords} to {MostWords} words found in the corpus; add prose, or leave "
                    + "the task out."
            );
        }

        // One that is alone has to do for both.
        HeldOut = new SentenceFactsTask([.. sentences.Where((_, i) => i % HeldOutEvery == 0)]);
        _sentences = sentences.Length == 1 ? sentences : [.. sentences.Where((_, i) => i % HeldOutEvery != 0)];
    }

    private SentenceFactsTask(string[] sentences) => (_sentences, HeldOut) = (sentences, this);

    /// <inheritdoc />
    public string Name => "sentence-facts";

    /// <summary>The task of every tenth sentence, which this one does not draw.</summary>
    public ITrainingTask HeldOut { get; }

    /// <inheritdoc />
    public int FirstLevel => 2;

    /// <inheritdoc />
    public TaskSample Draw(Random random)
    {
        var sentence = Draws.One(random, _sentences);
        var end = sentence.LastIndexOf(' ');
        return new TaskSample([sentence], [(sentence[..end], sentence[end..^1])]);
    }

    private static bool IsFitting(string sentence) =>
        sentence.Count(character => character == ' ') is >= LeastWords - 1 and < MostWords;

    [GeneratedRegex(@"(?<=[.!?] )[A-Z][A-Za-z0-9 ,']+\.", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sentence { get; }
}
