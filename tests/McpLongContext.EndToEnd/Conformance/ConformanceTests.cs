using System.Globalization;
using System.Text.RegularExpressions;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Conformance;

/// <summary>
/// The protocol's official conformance suite for servers, in the sets of scenarios that are frozen with each revision.
/// <c>clients/conformance.yml</c> lists what the server does not offer, <c>clients/conformance-fixtures.yml</c> what the
/// executable alone does not; an entry of theirs that passes fails the test, too.
/// </summary>
public sealed partial class ConformanceTests
{
    private const string Suite = "@modelcontextprotocol/conformance/dist/index.js";
    private const int NodeVersion = 22;

    /// <summary>Milliseconds for a scenario, on a busy machine.</summary>
    private const string ScenarioTimeout = "120000";
    private const string NotOffered = "conformance.yml";
    private const string Fixtures = "conformance-fixtures.yml";

    [Theory]
    [InlineData("2025-11-25", 60)]
    [InlineData("2026-07-28", 120)]
    public async Task Every_scenario_that_applies_passes(string revision, int checks)
    {
        await using var server = await FixtureServer.StartAsync();

        Assert.InRange(await RunAsync(server.Url, revision, NotOffered), checks, int.MaxValue);
    }

    [Theory]
    [InlineData("2025-11-25", 40)]
    [InlineData("2026-07-28", 100)]
    public async Task The_executable_passes_every_scenario_that_needs_no_fixture(string revision, int checks)
    {
        using var home = ServerHome.WithoutEncoder();
        await using var server = await HttpServerProcess.StartAsync(home, Repository.Root);

        Assert.InRange(await RunAsync(server.Url.ToString(), revision, NotOffered, Fixtures), checks, int.MaxValue);
    }

    /// <summary>Runs the scenarios of a revision.</summary>
    /// <param name="url">Where the protocol is.</param>
    /// <param name="revision">The revision of the protocol.</param>
    /// <param name="lists">The lists of the scenarios that fail.</param>
    /// <returns>How many checks passed.</returns>
    private static async Task<int> RunAsync(string url, string revision, params IEnumerable<string> lists)
    {
        using var exceptions = new ExceptionFile(lists);
        var run = await NodeClients.RunPackageAsync(
            NodeVersion,
            Suite,
            "server",
            "--url",
            url,
            "--requirements",
            revision,
            "--timeout",
            ScenarioTimeout,
            "--expected-failures",
            exceptions.Path
        );
        var report = Color().Replace(run.Output, "");
        var summary = report[Math.Max(report.IndexOf("=== SUMMARY", StringComparison.Ordinal), 0)..];
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(run.ExitCode == 0, report + run.Error);
        return int.Parse(Passed().Match(summary).Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>One file of the entries of several.</summary>
    private sealed class ExceptionFile : IDisposable
    {
        public ExceptionFile(IEnumerable<string> lists) =>
            File.WriteAllLines(
                Path,
                lists
                    .SelectMany(list => File.ReadLines(System.IO.Path.Combine(NodeClients.Source, list)))
                    .Where(line => line.TrimStart().StartsWith('-'))
                    .Prepend("server:")
            );

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Color();

    [GeneratedRegex(@"Total: (?<count>\d+) passed", RegexOptions.ExplicitCapture)]
    private static partial Regex Passed();
}
