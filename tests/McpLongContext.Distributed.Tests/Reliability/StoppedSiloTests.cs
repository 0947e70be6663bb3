using McpLongContext.Distributed.Placement;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Reliability;

/// <summary>A silo that is told to stop ends in time, whatever the others do.</summary>
public sealed class StoppedSiloTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_silo_signs_off_and_ends()
    {
        using var sandbox = new Sandbox();
        await using var first = await TestSilo.StartAsync(sandbox.Home, sandbox.Work);
        await using var second = await SiloProcess.StartAsync("silo-b", first, sandbox.Home, sandbox.Work);
        var silos = first.Get<LiveSilos>();
        Assert.NotNull(silos.Find("silo-b"));

        Assert.Equal(0, await second.EndAsync(s_patience));

        Assert.Null(silos.Find("silo-b"));
    }

    /// <summary>Without a database the first silo has the membership, from which a silo that stops signs off.</summary>
    [Fact]
    public async Task A_silo_whose_first_one_was_killed_ends_in_time()
    {
        using var sandbox = new Sandbox();
        await using var first = await StartAsync("silo-a");
        await using var second = await StartAsync("silo-b", "--primary", $"{first.SiloPort}");
        await first.KillAsync();

        Assert.Equal(0, await second.EndAsync(s_patience));

        Task<SiloProcess> StartAsync(string name, params string[] options) =>
            SiloProcess.StartAsync(name, sandbox.Home, sandbox.Work, "127.0.0.1", options);
    }
}
