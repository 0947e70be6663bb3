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
    [InlineData("ingset", "Unrecognized command or argument 'ingset'.")]
    [InlineData("ingest", "Required argument missing for command: 'ingest'.")]
    [InlineData("query", "Required argument missing for command: 'query'.")]
    [InlineData("query a b", "Unrecognized command or argument 'b'.")]
    [InlineData("query a --top many", "--top: expected a whole number, found 'many'.")]
    [InlineData("query a --max-tokens 1e9", "--max-tokens: expected a whole number, found '1e9'.")]
    [InlineData("datastores forget", "Unrecognized command or argument 'forget'.")]
    [InlineData("models install", "Required argument missing for command: 'install'.")]
    [InlineData("eval questions.jsonl", "Option '--docs' is required.")]
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
