using System.Security.Cryptography;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Reliability.BadDays;

/// <summary>
/// Real processes and a real database under load, and what goes wrong in a cluster. Nothing acknowledged is lost, no
/// citation wrong or doubled. They take minutes: they run where <c>MCP_LONG_CONTEXT_TEST_SCALE</c> is set, and tell how long
/// the cluster took to recover.
/// </summary>
public sealed class BadDaysTests
{
    private static readonly string[] s_silos = ["a", "b", "c"];

    private readonly Random _random = new(7420);

    [Fact]
    public async Task Any_silo_is_killed_again_and_again()
    {
        await using var cluster = await StartAsync();
        var recovery = new Recovery(cluster.Load);
        for (var kill = 0; kill < Scale.Of(3); kill++)
        {
            await cluster.SettleAsync();
            await PauseAsync(most: 2000);
            var victim = s_silos[_random.Next(s_silos.Length)];
            await cluster.KillAsync(victim);
            await recovery.MeasureAsync();

            // At times longer than it is waited for: then its shards get other copies, which are moved or dropped later.
            await PauseAsync(most: kill % 3 == 0 ? 8000 : 1000);
            await cluster.StartAsync(victim);
        }

        await cluster.VerifyAsync();
        Tell(recovery);
    }

    [Fact]
    public async Task The_database_crashes_and_comes_back()
    {
        await using var cluster = await StartAsync();
        var recovery = new Recovery(cluster.Load);
        for (var crash = 0; crash < Scale.Of(1); crash++)
        {
            await PauseAsync(most: 1000);
            await cluster.Postgres.StopAsync();

            // Silos know each other, and ids are reserved: both go on.
            await recovery.MeasureAsync();
            await PauseAsync(most: 15_000);
            await cluster.Postgres.StartAgainAsync();
        }

        await cluster.VerifyAsync();
        Tell(recovery);
    }

    [Fact]
    public async Task A_silo_stands_still()
    {
        await using var cluster = await StartAsync();
        var recovery = new Recovery(cluster.Load);
        for (var pause = 0; pause < Scale.Of(1); pause++)
        {
            await cluster.SettleAsync();
            var victim = s_silos[_random.Next(s_silos.Length)];
            cluster.Silos[victim].Pause();
            await recovery.MeasureAsync();
            await PauseAsync(most: 10_000);
            cluster.Silos[victim].Resume();
            await RestartAsync(cluster, victim);
        }

        await cluster.VerifyAsync();
        Tell(recovery);
    }

    [Fact]
    public async Task A_silo_is_cut_off()
    {
        SkipUnlessAsked();
        await using var network = await SiloNetwork.StartAsync(s_silos);
        await using var cluster = await LoadedCluster.StartAsync(
            s_silos,
            await PostgresServer.StartAsync(network.Address),
            network.StartAsync
        );
        var recovery = new Recovery(cluster.Load);
        for (var cut = 0; cut < Scale.Of(1); cut++)
        {
            await cluster.SettleAsync();
            var victim = s_silos[_random.Next(s_silos.Length)];
            await network.CutAsync(victim);
            await recovery.MeasureAsync();
            await PauseAsync(most: 15_000);
            await network.JoinAsync(victim);
            await RestartAsync(cluster, victim);
        }

        await cluster.VerifyAsync();
        Tell(recovery);
    }

    [Fact]
    public async Task A_disk_is_full()
    {
        SkipUnlessAsked();
        await using var disk = await SmallDisk.MountAsync();
        await using var cluster = await LoadedCluster.StartAsync(
            s_silos,
            await PostgresServer.StartAsync(),
            (name, home, root, options) => disk.StartAsync(name == "c", name, home, root, options)
        );
        var recovery = new Recovery(cluster.Load);
        for (var fill = 0; fill < Scale.Of(1); fill++)
        {
            await cluster.SettleAsync();
            disk.Fill();
            await recovery.MeasureAsync();
            await PauseAsync(most: 10_000);
            disk.Free();
            await cluster.JoinAsync("c");
        }

        await cluster.VerifyAsync();
        Tell(recovery);
    }

    [Fact]
    public async Task Clocks_are_minutes_off()
    {
        const int Minutes = 10;
        SkipUnlessAsked();
        using var clock = await SkewedClock.CompileAsync();
        await using var cluster = await LoadedCluster.StartAsync(
            s_silos,
            await PostgresServer.StartAsync(),
            (name, home, root, options) => clock.StartAsync(OffsetOf(name), name, home, root, options)
        );
        foreach (var (name, silo) in cluster.Silos)
        {
            Assert.Equal(
                OffsetOf(name).TotalMinutes,
                (await SkewedClock.OffsetOfAsync(silo)).TotalMinutes,
                tolerance: 1
            );
        }

        var recovery = new Recovery(cluster.Load);
        foreach (var victim in s_silos)
        {
            await cluster.SettleAsync();
            await PauseAsync(most: 2000);
            await cluster.KillAsync(victim);
            await recovery.MeasureAsync();
            await PauseAsync(most: 8000);
            await cluster.StartAsync(victim);
        }

        await cluster.VerifyAsync();
        Tell(recovery);

        // The first one is right, the second one fast, the third one slow.
        static TimeSpan OffsetOf(string name) =>
            TimeSpan.FromMinutes(Minutes) * (Array.IndexOf(s_silos, name) is 2 ? -1 : Array.IndexOf(s_silos, name));
    }

    /// <summary>
    /// <c>MCP_LONG_CONTEXT_OTHER_BUILD</c> names the checkout of another commit, in which the silo is built: it is replaced
    /// by this build, and comes back.
    /// </summary>
    [Fact]
    public async Task Silos_are_upgraded_and_rolled_back_one_after_the_other()
    {
        SkipUnlessAsked();
        var other = Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_OTHER_BUILD");
        Assert.SkipWhen(
            other is null,
            "Set MCP_LONG_CONTEXT_OTHER_BUILD to a checkout with another build of the silo."
        );
        string[] builds =
        [
            SiloProcess.ProgramOf(other),
            SiloProcess.ProgramOf(Corpus.Repository),
            SiloProcess.ProgramOf(other),
        ];
        Assert.NotEqual(ContentOf(builds[0]), ContentOf(builds[1]));
        var build = 0;
        await using var cluster = await LoadedCluster.StartAsync(
            s_silos,
            await PostgresServer.StartAsync(),
            (name, home, root, options) =>
                SiloProcess.StartAsync(name, home, root, "127.0.0.1", options, program: builds[build])
        );
        var recovery = new Recovery(cluster.Load);
        while (++build < builds.Length)
        {
            foreach (var name in s_silos)
            {
                await cluster.SettleAsync();
                await PauseAsync(most: 2000);
                await cluster.EndAsync(name);
                await recovery.MeasureAsync();
                await cluster.StartAsync(name);
                await cluster.JoinAsync(name);
            }
        }

        await cluster.VerifyAsync();
        Tell(recovery);

        static string ContentOf(string program) =>
            Convert.ToHexString(
                SHA256.HashData(
                    File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(program)!, "silo/mcp-long-context-silo.dll"))
                )
            );
    }

    private static void SkipUnlessAsked() =>
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TEST_SCALE") is null,
            "Takes minutes: set MCP_LONG_CONTEXT_TEST_SCALE, for example to 1."
        );

    private static async Task<LoadedCluster> StartAsync()
    {
        SkipUnlessAsked();
        return await LoadedCluster.StartAsync(s_silos, await PostgresServer.StartAsync());
    }

    /// <summary>A silo that the others have given up ends itself; whoever supervises it starts it again.</summary>
    private static async Task RestartAsync(LoadedCluster cluster, string name)
    {
        var silo = cluster.Silos[name];
        for (var second = 0; second < 15 && !silo.HasExited; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }

        if (silo.HasExited)
        {
            await cluster.KillAsync(name);
            await cluster.StartAsync(name);
        }
    }

    private Task PauseAsync(int most) => Task.Delay(_random.Next(100, most), TestContext.Current.CancellationToken);

    private static void Tell(Recovery recovery)
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"{recovery}");
        Console.WriteLine($"{TestContext.Current.Test!.TestDisplayName}: {recovery}");
    }
}
