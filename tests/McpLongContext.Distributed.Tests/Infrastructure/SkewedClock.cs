namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A wall clock of a process that is wrong: a library before that of C adds to what the system tells.</summary>
internal sealed class SkewedClock : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skewed-clock-").FullName;

    private string Library => Path.Combine(_folder, "skewed_clock.so");

    /// <summary>Compiles the library; skips the test where there is no compiler.</summary>
    public static async Task<SkewedClock> CompileAsync()
    {
        var clock = new SkewedClock();
        var source = Path.Combine(
            Corpus.Repository,
            "tests/McpLongContext.Distributed.Tests/Infrastructure/skewed_clock.c"
        );
        var (code, output) = await Shell.TryRunAsync("env", "gcc", "-shared", "-fPIC", "-o", clock.Library, source);
        if (code != 0)
        {
            clock.Dispose();
            Assert.Skip($"There is no compiler: {output}");
        }

        return clock;
    }

    /// <summary>Starts a silo whose clock is off.</summary>
    public Task<SiloProcess> StartAsync(TimeSpan offset, string name, string home, string root, string[] options) =>
        SiloProcess.StartAsync(
            name,
            home,
            root,
            "127.0.0.1",
            options,
            within: ["env", $"LD_PRELOAD={Library}", $"CLOCK_SKEW={(long)offset.TotalSeconds}"]
        );

    /// <summary>How far the clock of a silo is off, by the date of an answer.</summary>
    public static async Task<TimeSpan> OffsetOfAsync(SiloProcess silo)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri(silo.Url, "/health"), TestContext.Current.CancellationToken);
        return answer.Headers.Date!.Value - DateTimeOffset.UtcNow;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
