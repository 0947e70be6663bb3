using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Simulation;

/// <summary>
/// The simulator of <c>docs/cluster.md</c> agrees with the closed forms of M/M/1 and M/M/c and with the measured throughput
/// of 1, 2 and 4 silos.
/// </summary>
public sealed class SimulatorTests
{
    [Fact]
    public async Task Agrees_with_closed_forms_and_with_measured_throughput()
    {
        const string Python = "python3";
        Assert.SkipUnless(IsOnPath(Python), $"There is no {Python} on the PATH.");
        await Shell.RunAsync(Python, Path.Combine(Corpus.Repository, "tools/cluster/simulate.py"), "check");
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
