using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Examples;

/// <summary>An example of a task as tokens.</summary>
/// <param name="Facts">Each fact.</param>
/// <param name="Questions">Each question, its answer, and the token that ends it.</param>
internal sealed record SampleTokens(IReadOnlyList<int[]> Facts, IReadOnlyList<QuestionTokens> Questions)
{
    /// <summary>Tokenizes an example. Question and answer are tokenized together and then told apart.</summary>
    /// <exception cref="TrainingException">The tokenizer has no token that ends a text.</exception>
    public static SampleTokens Of(Tokenizer tokenizer, TaskSample sample) =>
        new(
            [.. sample.Facts.Select(fact => tokenizer.Encode(fact))],
            [
                .. sample.Questions.Select(asked =>
                {
                    var question = tokenizer.Encode(asked.Question);
                    var whole = tokenizer.Encode(asked.Question + asked.Answer);
                    var shared = question.AsSpan().CommonPrefixLength(whole);
                    return new QuestionTokens(whole[..shared], [.. whole[shared..], EndOf(tokenizer)]);
                }),
            ]
        );

    /// <summary>
    /// The token that ends a text. Of a model that was trained on texts which follow each other, that is the one which
    /// begins the next.
    /// </summary>
    private static int EndOf(Tokenizer tokenizer)
    {
        var settings = tokenizer.Settings;
        return settings.Begin is { } begin && settings.Ends.Contains(begin) ? begin
            : settings.End is { } end ? end
            : throw new TrainingException("the model's tokenizer has no token that ends a text.");
    }
}

/// <summary>A question as tokens.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The answer, and the token that ends it.</param>
internal sealed record QuestionTokens(int[] Question, int[] Answer)
{
    /// <summary>Tokens of both.</summary>
    public int Length => Question.Length + Answer.Length;
}
