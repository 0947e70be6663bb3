using McpLongContext.Context.Contracts;
using McpLongContext.Server.Evaluation;

namespace McpLongContext.Server.Tests.Evaluation;

public sealed class QuestionSetTests : IDisposable
{
    private const string Line =
        """{"id": 7, "doc": "docs/a.txt", "question": "who?", "gold": [{"doc": "docs/a.txt"}]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Documents_are_named_relative_to_the_folder_of_the_questions_when_the_corpus_lies_in_it()
    {
        var questions = _folder.Write("set/questions.jsonl", Line);
        _folder.Write("set/docs/a.txt", "text");

        var set = Read(questions, _folder.PathOf("set/docs"));

        Assert.Equal(_folder.PathOf("set"), set.Root);
        Assert.Equal([_folder.PathOf("set/docs")], set.Paths);
        var question = Assert.Single(set.Questions);
        Assert.Equal(("7", "docs/a.txt", "who?"), (question.Id.ToString(), question.Document, question.Text));
    }

    [Fact]
    public void Documents_are_named_relative_to_the_corpus_otherwise()
    {
        var questions = _folder.Write("questions.jsonl", Line);
        _folder.Write("corpus/docs/a.txt", "text");
        using var elsewhere = new TemporaryFolder();
        var moved = elsewhere.Write("questions.jsonl", File.ReadAllText(questions));

        Assert.Equal(_folder.PathOf("corpus"), Read(moved, _folder.PathOf("corpus")).Root);
        Assert.Equal(_folder.PathOf("corpus"), Read(moved, _folder.PathOf("corpus/docs")).Root);
    }

    [Fact]
    public void Questions_and_predictions_are_no_part_of_the_corpus()
    {
        var questions = _folder.Write("questions.jsonl", """{"id":"x","doc":"*","question":"who?"}""");
        _folder.Write("questions.corrected.jsonl", Line);
        _folder.Write("out/predictions.jsonl", "");
        _folder.Write("out/notes.txt", "text");
        _folder.Write("docs/a.jsonl", "text");
        _folder.Write("b.txt", "text");

        var set = Read(questions, _folder.PathOf(""), _folder.PathOf("out/predictions.jsonl"));

        Assert.Equal([_folder.PathOf("b.txt"), _folder.PathOf("docs"), _folder.PathOf("out/notes.txt")], set.Paths);
        Assert.Null(set.Questions.Single().Document);
    }

    [Fact]
    public void A_malformed_line_is_named()
    {
        var questions = _folder.Write("questions.jsonl", Line + "\n{\"id\": 1}\n");

        var error = Assert.Throws<ContextException>(() => Read(questions, _folder.PathOf("")));

        Assert.StartsWith("QUESTIONS: line 2 is not", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_or_folder_is_named()
    {
        var questions = _folder.Write("questions.jsonl", Line);

        Assert.StartsWith(
            "QUESTIONS: ",
            Assert.Throws<ContextException>(() => Read(_folder.PathOf("none"), _folder.PathOf(""))).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "--docs: ",
            Assert.Throws<ContextException>(() => Read(questions, _folder.PathOf("none"))).Message,
            StringComparison.Ordinal
        );
    }

    private QuestionSet Read(string questions, string docs, string? predictions = null) =>
        QuestionSet.Read(questions, docs, predictions ?? _folder.PathOf("predictions.jsonl"));
}
