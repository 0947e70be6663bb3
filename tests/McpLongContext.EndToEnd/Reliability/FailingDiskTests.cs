using System.Diagnostics;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// A disk that is full, or fails, at one write after the other: the command says so and stores nothing half; what was
/// stored stays; the next try on a whole disk succeeds.
/// </summary>
public sealed class FailingDiskTests
{
    private const int Failures = 5;

    /// <summary>More than any of these commands writes.</summary>
    private const int LargestDiskKilobytes = 1400;

    private static readonly string[] s_injections =
    [
        "write,pwrite64:error=ENOSPC",
        "write,pwrite64:error=EIO",
        "fsync:error=EIO",
        "ftruncate:error=ENOSPC",
        "rename:error=EIO",
        "mkdir:error=ENOSPC",
        "unlink:error=EIO",
    ];

    [Fact]
    public async Task A_call_that_fails_stores_nothing_half()
    {
        SystemCalls.Require();
        using var home = ServerHome.WithoutEncoder();
        using var tree = new ChangingTree("src/McpLongContext.Context/Jobs", seed: 4);
        var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(5);
        var folder = Path.Combine(home.Folder, "datastores", "default");
        string[] written = [Path.Combine(folder, "datastore.db"), Path.Combine(folder, "datastore.db-wal")];
        var failed = 0;
        for (var failure = 0; failure < Scale.Of(Failures); failure++)
        {
            tree.Change();
            var injection = s_injections[failure % s_injections.Length];
            var isWrite = injection.StartsWith("write", StringComparison.Ordinal);

            // Every thread counts its own calls. Standard output is no disk.
            var run = await SystemCalls.FailAsync(
                home,
                tree.Root,
                $"{injection}:when={1 + random.Next(isWrite ? 24 : 4)}",
                isWrite ? written : [],
                "ingest",
                ".",
                "--wait"
            );
            failed += run.ExitCode == 0 ? 0 : 1;
            Assert.True(run.ExitCode is 0 or 1, $"{injection}: {run.ExitCode} {run.Error}");
            Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
            acknowledged = await CheckAsync(home, tree, run, acknowledged);
            if (random.Next(2) == 0)
            {
                ForgetAll(home, acknowledged);
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{failed} of {Scale.Of(Failures)} commands failed");
        await IngestAsync(home, tree);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_stores_nothing_half()
    {
        using var home = ServerHome.WithoutEncoder();
        Assert.SkipUnless(await MountAsync("-t", "tmpfs", "-o", "size=64m", "tmpfs", home.Folder), "No disk to fill.");
        try
        {
            using var tree = new ChangingTree("src/McpLongContext.Context/Ingestion", seed: 6);
            var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
            var random = new Random(7);
            for (var failure = 0; failure < Scale.Of(Failures); failure++)
            {
                tree.Change();
                var kilobytes = Occupied(home) + random.Next(LargestDiskKilobytes);
                Assert.True(await MountAsync("-o", $"remount,size={kilobytes}k", home.Folder));
                var run = await RunAsync(home, tree);
                Assert.True(
                    run.ExitCode == 0
                        || run.Error.Contains("full", StringComparison.Ordinal)
                        || run.Error.Contains("space", StringComparison.OrdinalIgnoreCase),
                    $"{run.ExitCode} {run.Error}"
                );
                Assert.True(await MountAsync("-o", "remount,size=64m", home.Folder));
                acknowledged = await CheckAsync(home, tree, run, acknowledged);
                if (random.Next(2) == 0)
                {
                    ForgetAll(home, acknowledged);
                }
            }

            await IngestAsync(home, tree);
        }
        finally
        {
            using var unmount = Process.Start("umount", [home.Folder]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<Dictionary<string, int>> CheckAsync(
        ServerHome home,
        ChangingTree tree,
        ProgramRun run,
        Dictionary<string, int> acknowledged
    )
    {
        if (run.ExitCode == 0)
        {
            acknowledged = tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal);
        }

        await using var service = OpenService.Over(home, tree);
        await DurabilityContract.CheckAsync(service, tree, acknowledged);
        return acknowledged;
    }

    /// <summary>A datastore is made anew now and then, so that its making fails, too.</summary>
    private static void ForgetAll(ServerHome home, Dictionary<string, int> acknowledged)
    {
        if (Directory.Exists(Path.Combine(home.Folder, "datastores")))
        {
            Directory.Delete(Path.Combine(home.Folder, "datastores"), recursive: true);
        }

        acknowledged.Clear();
    }

    /// <summary>On a whole disk everything is stored.</summary>
    private static async Task IngestAsync(ServerHome home, ChangingTree tree)
    {
        var run = (await RunAsync(home, tree)).Expect(0);
        var acknowledged = await CheckAsync(home, tree, run, []);
        await using var service = OpenService.Over(home, tree);
        Assert.Equal(acknowledged.Count, service.ShowDatastore("default").Documents.Count);
    }

    private static Task<ProgramRun> RunAsync(ServerHome home, ChangingTree tree) =>
        ProgramRun.OfAsync(
            "env",
            ["MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER=false", .. home.ServerCommand, "ingest", ".", "--wait"],
            tree.Root
        );

    private static int Occupied(ServerHome home) =>
        (int)(
            new DirectoryInfo(home.Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
            >> 10
        );

    private static async Task<bool> MountAsync(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return false;
        }

        using var mount = Process.Start("mount", arguments);
        await mount.WaitForExitAsync(TestContext.Current.CancellationToken);
        return mount.ExitCode == 0;
    }
}
