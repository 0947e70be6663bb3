using System.Text.Json;
using McpLongContext.Server.Commands;

namespace McpLongContext.Server.Tests.Commands;

/// <summary>The commands over the real service, without an encoder.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    static CommandTests() => Environment.SetEnvironmentVariable("MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER", "false");

    public CommandTests()
    {
        _folder.Write("corpus/docs/a.md", "# Reactor\n\nThe reactor\u001b[31m costs 40,000 euros.\n");
        _folder.Write("corpus/docs/b.md", "# Garden\n\nThe garden is green.\n");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Ingest_and_query_print_evidence_that_a_terminal_survives()
    {
        Assert.Equal(0, await RunAsync("ingest", Corpus));
        Assert.Contains("2 added", TakeOutput(), StringComparison.Ordinal);
        Assert.Contains("indexing", _error.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync("query", "how much does the reactor cost?"));

        var text = TakeOutput();
        Assert.Contains("docs/a.md:", text, StringComparison.Ordinal);
        Assert.Contains("The reactor␛[31m costs 40,000 euros.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        _folder.Write("corpus/@scope/index.md", "The heron is needed @Once.\n");

        Assert.Equal(0, await RunAsync("ingest", Path.Combine(Corpus, "@scope")));
        Assert.Contains("1 added", TakeOutput(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("query", "@Once", "--path", "@scope/**"));
        Assert.Contains("The heron", TakeOutput(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("ingest", new Uri(Path.Combine(Corpus, "docs")).AbsoluteUri));
        Assert.Contains("2 added", TakeOutput(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_result_is_json_when_asked_for()
    {
        Assert.Equal("default", (await RunJsonAsync("ingest", Corpus)).GetProperty("datastore").GetString());
        var found = await RunJsonAsync("query", "reactor", "--top", "1");
        Assert.EndsWith(
            "docs/a.md",
            found.GetProperty("passages")[0].GetProperty("path").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(2, (await RunJsonAsync("datastores"))[0].GetProperty("documents").GetInt32());
        Assert.Equal(2, (await RunJsonAsync("datastores", "list"))[0].GetProperty("documents").GetInt32());
        var shown = await RunJsonAsync("datastores", "show", "default");
        var document = shown.GetProperty("documents")[0].GetProperty("path").GetString()!;
        Assert.True((await RunJsonAsync("datastores", "verify"))[0].GetProperty("sound").GetBoolean());
        Assert.Equal(
            "default",
            (await RunJsonAsync("datastores", "compact", "default")).GetProperty("datastore").GetString()
        );
        Assert.Equal(
            1,
            (await RunJsonAsync("datastores", "remove", "default", document)).GetProperty("documents").GetArrayLength()
        );
        Assert.Equal(
            "default",
            (await RunJsonAsync("datastores", "remove", "default")).GetProperty("datastore").GetString()
        );
        Assert.Equal(0, (await RunJsonAsync("datastores")).GetArrayLength());
        Assert.Equal("all-minilm-l6-v2", (await RunJsonAsync("models"))[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("nowhere", "ingest", "/nowhere/at/all")]
    [InlineData("PATH: empty", "ingest", "")]
    [InlineData("--allow-root: empty", "query", "who?", "--allow-root", "")]
    [InlineData("question is empty", "query", "")]
    [InlineData("question has 20,000 characters", "query", "@20000")]
    [InlineData("cursor", "query", "who?", "--cursor", "x")]
    [InlineData("path_glob", "query", "who?", "--path", "")]
    [InlineData("'../up' cannot name a datastore", "query", "who?", "--datastore", "../up")]
    [InlineData("nowhere", "query", "who?", "--datastore", "nowhere")]
    [InlineData("nowhere", "datastores", "show", "nowhere")]
    [InlineData("nowhere", "datastores", "remove", "nowhere")]
    [InlineData("nowhere", "models", "install", "nowhere")]
    [InlineData("nowhere", "models", "remove", "nowhere")]
    [InlineData("nowhere", "models", "expand", "nowhere", "--length", "4096")]
    [InlineData("/nowhere.txt", "infer", "/nowhere.txt")]
    [InlineData("models install tinyllama-chat", "infer", "--text", "Once upon a time")]
    [InlineData("QUESTIONS", "eval", "/nowhere.jsonl", "--docs", "/", "--out", "/nowhere.out")]
    public async Task What_cannot_be_done_is_told_on_standard_error_with_exit_code_1(
        string named,
        params string[] arguments
    )
    {
        await RunAsync("ingest", Corpus);
        TakeOutput();

        arguments = Array.ConvertAll(arguments, one => one == "@20000" ? new string('x', 20_000) : one);
        Assert.Equal(CommandLine.Failed, await RunAsync(arguments));

        Assert.Contains(named, _error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(TakeOutput());
    }

    [Fact]
    public async Task Eval_ranks_passages_under_the_names_that_the_questions_use()
    {
        var questions = _folder.Write(
            "corpus/questions.jsonl",
            """
            {"id": "one", "doc": "*", "question": "how much does the reactor cost?", "gold": []}
            {"id": 2, "doc": "docs/b.md", "question": "what color has the reactor garden?"}
            {"id": 3, "doc": "docs/none.md", "question": "what?"}
            """
        );
        var predictions = _folder.PathOf("predictions.jsonl");

        Assert.Equal(0, await RunAsync("eval", questions, "--docs", _folder.PathOf("corpus"), "--out", predictions));

        var lines = File.ReadLines(predictions).Select(line => JsonElement.Parse(line)).ToArray();
        Assert.Equal("one", lines[0].GetProperty("id").GetString());
        var first = lines[0].GetProperty("passages")[0];
        Assert.Equal("docs/a.md", first.GetProperty("doc").GetString());
        Assert.True(first.GetProperty("words").GetInt32() > 0);
        Assert.True(first.GetProperty("end_line").GetInt32() >= first.GetProperty("start_line").GetInt32());
        Assert.Equal(2, lines[1].GetProperty("id").GetInt32());
        Assert.All(
            lines[1].GetProperty("passages").EnumerateArray(),
            passage => Assert.Equal("docs/b.md", passage.GetProperty("doc").GetString())
        );
        Assert.Equal(0, lines[2].GetProperty("passages").GetArrayLength());
        Assert.Equal(0, (await RunJsonAsync("datastores")).GetArrayLength());
    }

    private string Corpus => _folder.PathOf("corpus");

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync([.. arguments, "--home", _folder.PathOf("home")], _output, _error);

    private async Task<JsonElement> RunJsonAsync(params string[] arguments)
    {
        TakeOutput();
        Assert.Equal(0, await RunAsync([.. arguments, "--json"]));
        return JsonElement.Parse(TakeOutput());
    }

    private string TakeOutput()
    {
        var text = _output.ToString();
        _output.GetStringBuilder().Clear();
        return text;
    }
}
