using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Tasks;
using McpLongContext.Training.Unlimiformer.Decoders;

namespace McpLongContext.Training.Tests.Unlimiformer.Decoders;

public sealed class QuestionExamplesTests : IDisposable
{
    private const int Window = 128;
    private readonly StoryModel _model = new();
    private readonly Tokenizer _tokenizer;

    public QuestionExamplesTests() => _tokenizer = ModelTokenizer.Load(_model.Folder);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Documents_hold_the_answers_where_the_rows_say_so()
    {
        var batch = Examples().Draw(new Random(1), level: 0, length: 200, stepTokens: 800, mostQuestions: 4);

        Assert.Equal(4, batch.Documents.Count);
        Assert.All(batch.Documents, document => Assert.Equal(200, document.Length));
        Assert.All(
            batch.Rows.Zip(batch.Answers),
            one =>
            {
                var (row, (_, answer)) = one;
                for (var i = 0; i < answer.Length - 1; i++)
                {
                    var source = row.Gold![row.PromptTokens - 1 + i];
                    Assert.Equal(answer[i], batch.Documents[row.Document][source]);
                    Assert.Equal(answer[i], row.Tokens[row.PromptTokens + i]);
                }

                Assert.Contains(answer[^1], _tokenizer.Settings.Ends);
            }
        );
    }

    [Fact]
    public void A_document_holds_one_pass_key_however_it_is_asked_for()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var batch = Examples().Draw(new Random(seed), level: 0, 1_024, stepTokens: 1_024, mostQuestions: 8);

            Assert.Single(batch.Answers);
        }
    }

    [Fact]
    public void A_truncated_document_ends_before_the_question_and_fits_the_window()
    {
        var examples = Examples();
        var batch = examples.Draw(new Random(1), level: 0, length: 200, stepTokens: 200, mostQuestions: 1);

        var row = examples.Truncate(batch).Rows[0];

        Assert.Equal(Window - 1, row.Tokens.Length);
        var seen = row.Tokens.Length - batch.Rows[0].Tokens.Length;
        Assert.Equal(batch.Documents[0][^seen..], row.Tokens[1..(1 + seen)]);
        Assert.Equal(batch.Rows[0].Tokens[1..], row.Tokens[(1 + seen)..]);
        Assert.Equal(batch.Rows[0].PromptTokens + seen, row.PromptTokens);
    }

    [Fact]
    public void A_question_that_leaves_no_room_in_the_window_is_named()
    {
        var error = Assert.Throws<TrainingException>(() =>
            Examples().TokensOf(new TaskSample([], [(new string('a', 80), " 1")]))
        );

        Assert.Contains("expected 64 at most, half of the model's window", error.Message, StringComparison.Ordinal);
    }

    private QuestionExamples Examples() =>
        new(
            _tokenizer,
            ChatFrame.Of(_tokenizer),
            new FillerText(
                [
                    [.. Enumerable.Range(40, 60)],
                ],
                []
            ),
            TaskMix.Parse(["pass-key"], [], mostKeys: 2),
            Window
        );
}
