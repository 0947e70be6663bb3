using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>The demonstrations do what they show: their output is what stands beside them.</summary>
public sealed class DemoTests
{
    [Theory]
    [InlineData("repository")]
    [InlineData("transcript")]
    public async Task A_demonstration_prints_what_stands_beside_it(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The demonstrations are scripts of a POSIX shell.");
        using var home = await ServerHome.CreateAsync();
        var script = Path.Combine(Repository.Root, "demo", $"{name}.sh");
        using var process = ProgramRun.Start(
            "sh",
            [script],
            Repository.Root,
            ("MCP_LONG_CONTEXT_COMMAND", string.Join(' ', home.ServerCommand))
        );
        process.StandardInput.Close();
        var cancellation = TestContext.Current.CancellationToken;
        var error = process.StandardError.ReadToEndAsync(cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);

        Assert.True(process.ExitCode == 0, await error);
        var expected = await File.ReadAllTextAsync(Path.ChangeExtension(script, ".expected.txt"), cancellation);
        Assert.Equal(expected, output);
    }
}
