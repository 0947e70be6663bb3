using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.EndToEnd.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Files and folders of a server go away, sleep or change beneath it: it says so and stays up.</summary>
public sealed class DisappearingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_sleeps_blocks_nobody_and_goes_on_when_it_wakes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals.");
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root);
        await IngestAsync(server);
        await SignalAsync(server, "STOP");
        var asked = AskAsync(server);

        (await home.RunAsync("ingest", Repository.Tree, "--wait")).Expect(0);
        (await home.RunAsync("datastores", "compact", "default")).Expect(0);

        Assert.False(asked.IsCompleted);
        await SignalAsync(server, "CONT");
        Assert.NotEmpty((await asked)["passages"]!.AsArray());
    }

    [Theory]
    [InlineData("datastores/default")]
    [InlineData("datastores")]
    [InlineData("")]
    public async Task Data_that_vanish_are_missed_by_name_and_made_again(string folder)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not delete what is open.");
        using var home = ServerHome.WithoutEncoder();
        await using var server = await BareClient.StartAsync(home, Repository.Root);
        await IngestAsync(server);
        Assert.NotEmpty((await AskAsync(server))["passages"]!.AsArray());

        Directory.Delete(Path.Combine(home.Folder, folder), recursive: true);
        Directory.CreateDirectory(home.Folder);

        var missed = await server.CallAsync("query_long_context", Question());
        Assert.Contains("default", missed["result"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.True(missed["result"]!["isError"]!.GetValue<bool>());
        await IngestAsync(server);
        Assert.NotEmpty((await AskAsync(server))["passages"]!.AsArray());
        Assert.Equal(0, await server.CloseAsync());
    }

    [Fact]
    public async Task A_model_that_vanishes_is_used_to_the_end_and_missed_by_the_next_process()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not delete what is open.");
        using var home = await ServerHome.CreateAsync();
        await using var server = await BareClient.StartAsync(home, Repository.Root);
        await IngestAsync(server);
        await AskAsync(server);

        Directory.Delete(Path.Combine(home.Folder, "models"), recursive: true);

        Assert.NotEmpty((await AskAsync(server))["passages"]!.AsArray());
        var next = await BareClient.StartAsync(home, Repository.Root);
        var answer = await AskAsync(next);
        Assert.NotEmpty(answer["passages"]!.AsArray());
        Assert.Contains("models install", answer["notes"]!.ToJsonString(), StringComparison.Ordinal);
        await next.DisposeAsync();
    }

    [Fact]
    public async Task A_home_on_a_disk_that_takes_no_writes_is_named()
    {
        using var home = ServerHome.WithoutEncoder();
        Assert.SkipUnless(await MountAsync("-t", "tmpfs", "-o", "size=16m", "tmpfs", home.Folder), "No disk to lock.");
        try
        {
            (await home.RunAsync("ingest", Repository.Tree, "--wait")).Expect(0);
            Assert.True(await MountAsync("-o", "remount,ro", home.Folder));
            await using var server = await BareClient.StartAsync(home, Repository.Root);
            foreach (var tool in (string[])["ingest_document", "query_long_context"])
            {
                var arguments = tool == "ingest_document" ? new JsonObject { ["path"] = "docs" } : Question();
                var answer = (await server.CallAsync(tool, arguments))["result"]!;
                Assert.True(answer["isError"]!.GetValue<bool>(), answer.ToJsonString());
                Assert.Contains(home.Folder, answer.ToJsonString(), StringComparison.Ordinal);
            }

            Assert.True(await MountAsync("-o", "remount,rw", home.Folder));
            await IngestAsync(server);
            Assert.NotEmpty((await AskAsync(server))["passages"]!.AsArray());
            Assert.Equal(0, await server.CloseAsync());
        }
        finally
        {
            using var unmount = Process.Start("umount", [home.Folder]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Without_any_home_the_server_says_so_or_finds_another_place()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows always has one.");
        using var home = ServerHome.WithoutEncoder();
        var run = await ProgramRun.OfAsync(
            "env",
            ["-u", "HOME", "-u", "XDG_DATA_HOME", .. home.ServerCommand.Take(2), "datastores", "list"],
            home.Folder
        );
        Assert.InRange(run.ExitCode, 0, 1);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_datastore_of_a_newer_version_is_refused_in_clear_words()
    {
        using var home = ServerHome.WithoutEncoder();
        (await home.RunAsync("ingest", Repository.Tree, "--wait")).Expect(0);
        await using (var file = File.OpenWrite(Path.Combine(home.Folder, "datastores", "default", "datastore.db")))
        {
            // The version that the user sets, big-endian, in SQLite's header.
            file.Position = 60;
            file.Write([0, 0, 3, 231]);
        }

        string[][] commands =
        [
            ["query", "What is this?"],
            ["ingest", Repository.Tree, "--wait"],
            ["datastores", "verify", "default"],
        ];
        foreach (var command in commands)
        {
            var run = (await home.RunAsync(command)).Expect(1);
            Assert.Contains("999", run.Error, StringComparison.Ordinal);
            Assert.Contains("pdate", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(-4000)]
    public async Task A_clock_that_jumps_loses_nothing(int days)
    {
        using var home = await ServerHome.CreateAsync();
        using var tree = new ChangingTree("src/McpLongContext.Context/Jobs", seed: 1);
        var clock = new JumpingClock();
        await using var service = Open(clock);
        var request = new IngestRequest { Paths = ["."], Wait = null };
        var ingest = service.IngestAsync(request, progress: null, Cancellation);
        clock.Jump(TimeSpan.FromDays(days));
        Assert.Equal(IngestState.Complete, (await ingest).State);

        // Another process whose clock is right looks for what is left over.
        await using (var other = Open(TimeProvider.System))
        {
            other.ShowDatastore("default");
            tree.Change();
            Assert.Equal(IngestState.Complete, (await other.IngestAsync(request, progress: null, Cancellation)).State);
        }

        clock.Jump(TimeSpan.FromDays(-2 * days));
        Assert.Equal(IngestState.Complete, (await service.IngestAsync(request, progress: null, Cancellation)).State);
        await DurabilityContract.CheckAsync(
            service,
            tree,
            tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal)
        );
        Assert.Equal(0, service.ShowDatastore("default").Summary.PendingDocuments);

        LongContextService Open(TimeProvider time) =>
            new(
                new LongContextOptions
                {
                    Home = home.Folder,
                    WorkingDirectory = tree.Root,
                    AllowedRoots = [tree.Root],
                    InstallDefaultEncoder = false,
                },
                time,
                NullLoggerFactory.Instance
            );
    }

    private static async Task IngestAsync(BareClient server)
    {
        var answer = await server.CallAsync("ingest_document", new JsonObject { ["path"] = Repository.Tree });
        Assert.True(answer["result"]?["isError"]?.GetValue<bool>() is not true, answer.ToJsonString());
    }

    private static async Task<JsonNode> AskAsync(BareClient server) =>
        (await server.CallAsync("query_long_context", Question()))["result"]!["structuredContent"]!;

    private static JsonObject Question() => new() { ["question"] = "InstallLock" };

    private static async Task SignalAsync(BareClient server, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{server.ProcessId}"]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private static async Task<bool> MountAsync(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return false;
        }

        using var mount = Process.Start("mount", arguments);
        await mount.WaitForExitAsync(Cancellation);
        return mount.ExitCode == 0;
    }

    private sealed class JumpingClock : TimeProvider
    {
        private long _ticks;

        public void Jump(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));
    }
}
