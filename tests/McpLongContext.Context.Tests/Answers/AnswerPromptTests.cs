using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Context.Tests.LongInference;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Context.Tests.Answers;

public sealed class AnswerPromptTests : IAsyncLifetime
{
    private const string Question = "Where is the red ball?";

    private readonly TemporaryFolder _folder = new();
    private Tokenizer _tokenizer = null!;
    private ChatTemplate _template = null!;

    public async ValueTask InitializeAsync()
    {
        await StoriesChat.InstallAsync(_folder.Path);
        _tokenizer = ModelTokenizer.Load(_folder[StoriesChat.Name]);
        _template = ChatTemplate.Of(_tokenizer)!;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void The_question_stands_behind_the_best_passages_and_the_reply_has_begun()
    {
        Evidence[] ranked = [Passage(7, "The ball lies in the park.", "Chapter 1"), Passage(3, "Lily has a dog.")];

        var prompt = AnswerPrompt.Create(_template, Question, ranked, maxTokens: 200)!;

        Assert.Equal(ranked, prompt.Passages);
        Assert.Contains(
            "(Chapter 1) The ball lies in the park.\n\nLily has a dog.\n\nAnswer the question",
            Read(prompt),
            StringComparison.Ordinal
        );
        Assert.Contains("Question: Where is the red ball?", Read(prompt), StringComparison.Ordinal);
        Assert.EndsWith("<|assistant|>\nAnswer:", Read(prompt), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_left_out_from_the_worst_on_and_of_a_long_passage_the_first_lines_are_taken()
    {
        var line = string.Concat(Enumerable.Repeat("The dog ran to the park. ", 4)) + "\n";
        Evidence[] ranked = [Passage(9, line), Passage(5, line + line), Passage(1, line)];
        var all = AnswerPrompt.Create(_template, Question, ranked, maxTokens: 1000)!;

        var fewer = AnswerPrompt.Create(_template, Question, ranked, all.Tokens.Length - 1)!;
        Assert.Equal(ranked[..2], fewer.Passages);

        var part = Assert.Single(
            AnswerPrompt.Create(_template, Question, [ranked[1]], fewer.Tokens.Length - 50)!.Passages
        );
        Assert.Equal(("story.txt:5-5", 5), (part.Citation, part.EndLine));
        Assert.Null(AnswerPrompt.Create(_template, Question, ranked, maxTokens: 20));
    }

    private string Read(AnswerPrompt prompt) => _tokenizer.Decode(prompt.Tokens);

    private static Evidence Passage(int line, string text, string context = "") =>
        new()
        {
            Citation = $"story.txt:{line}-{line}",
            Path = "story.txt",
            StartLine = line,
            EndLine = line,
            Score = 1,
            Context = context,
            Text = text,
        };
}
