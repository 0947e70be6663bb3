using McpLongContext.Server.Commands;

namespace McpLongContext.Server.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _home = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _home.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData(
        "ingset",
        "ingset: unknown command; use one of serve, dashboard, ingest, query, infer, scan, compress, decompress, datastores, pull, models, eval, setup, doctor, silo."
    )]
    [InlineData("ingest", "PATH: missing. Files and directories.")]
    [InlineData("query", "QUESTION: missing. The question;")]
    [InlineData(
        "query a b",
        "'b': one argument too many; query takes QUESTION. Put words that belong together in quotes"
    )]
    [InlineData("query a --limit", "--limit: unknown option; query takes --datastore, --max-tokens, --top, --path, ")]
    [InlineData("query a --top", "--top: its value is missing. Most passages to return")]
    [InlineData("query a --top many", "--top: expected a whole number from 1 to 1000, found 'many'.")]
    [InlineData("query a --top -3", "--top: expected a whole number from 1 to 1000, found '-3'.")]
    [InlineData("query a --memory bogus", "--memory: expected one of window, unlimiformer, infini, found 'bogus'.")]
    [InlineData("query a --answer 1", "--answer: expected one of auto, never, always, found '1'.")]
    [InlineData("infer a --mode sum", "--mode: expected one of score, generate, map, summarize, found 'sum'.")]
    [InlineData("query a --max-tokens 1e9", "--max-tokens: expected a whole number from 50 to 100000, found '1e9'.")]
    [InlineData("query a --max-tokens 0", "--max-tokens: expected a whole number from 50 to 100000, found '0'.")]
    [InlineData("query a --top 99999999999", "--top: expected a whole number from 1 to 1000, found '99999999999'.")]
    [InlineData(
        "datastores forget",
        "forget: unknown command; use one of list, show, remove, verify, compact, backup, restore."
    )]
    [InlineData("datastores list all", "'all': list takes no argument.")]
    [InlineData("datastores show", "NAME: missing. The datastore.")]
    [InlineData("datastores compact", "NAME: missing. The datastore.")]
    [InlineData("datastores remove", "NAME: missing. The datastore.")]
    [InlineData("models remove", "MODEL: missing. The model, as the list names it.")]
    [InlineData("eval questions.jsonl --docs a", "--out: missing. Where the predictions go")]
    [InlineData("serve now", "'now': serve takes no argument.")]
    [InlineData("--datastor x", "--datastor: unknown option; mcp-long-context takes ")]
    [InlineData("models expand stories15m", "--length: missing. The window to reach, in tokens;")]
    [InlineData("models expand stories15m --length 9 --method fast", "--method: expected one of trained, linear,")]
    public async Task Wrong_usage_is_told_on_standard_error_with_exit_code_2(string arguments, string expected)
    {
        Assert.Equal(CommandLine.WrongUsage, await RunAsync(arguments.Split(' ')));

        Assert.StartsWith(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("--help" + Environment.NewLine, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("--help", "serve")]
    [InlineData("ingest --help", "--wait")]
    [InlineData("query --help", "--max-tokens")]
    [InlineData("datastores --help", "compact")]
    [InlineData("models --help", "install")]
    [InlineData("eval --help", "--docs")]
    public async Task Help_is_a_result(string arguments, string expected)
    {
        Assert.Equal(CommandLine.Done, await RunAsync(arguments.Split(' ')));

        Assert.Contains(expected, _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    private Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, _output, _error);
}
