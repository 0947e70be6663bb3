using System.Diagnostics;
using System.Security.Cryptography;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// The process is killed at random instants of its work, again and again on one datastore. Afterwards every document
/// that was acknowledged is there whole, in the acknowledged version or a later one, and none is half.
/// </summary>
public sealed class KilledProcessTests
{
    private const int Kills = 8;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "src")]
    [InlineData(true, "src/McpLongContext.Context/Ingestion")]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_half(bool encodes, string source)
    {
        using var home = encodes ? await ServerHome.CreateAsync() : ServerHome.WithoutEncoder();
        using var tree = new ChangingTree(source, seed: 1);
        var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(2);
        var longest = TimeSpan.FromSeconds(2);
        for (var kill = 0; kill < Scale.Of(Kills); kill++)
        {
            tree.Change();
            var (command, gone) = Choose(random, tree);
            if (
                await IsDoneBeforeKillAsync(home, tree, command, longest * random.NextDouble())
                && command[0] == "ingest"
            )
            {
                acknowledged = tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal);
            }

            gone.ForEach(file => acknowledged.Remove(file));
            await using var service = OpenService.Over(home, tree);
            await DurabilityContract.CheckAsync(service, tree, acknowledged);
        }

        var end = ProgramRun.OfAsync(
            home.ServerCommand[0],
            [.. home.ServerCommand.Skip(1), "ingest", ".", "--wait"],
            tree.Root
        );
        (await end).Expect(0);
        await using var last = OpenService.Over(home, tree);
        Assert.Equal(
            tree.Files,
            last.ShowDatastore("default").Documents.Select(document => document.Path).Order(StringComparer.Ordinal)
        );
        await DurabilityContract.CheckAsync(
            last,
            tree,
            tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal)
        );
        Assert.Equal(0, last.ShowDatastore("default").Summary.PendingDocuments);
    }

    [Fact]
    public async Task A_model_is_installed_whole_or_not_at_all()
    {
        using var home = ServerHome.WithoutEncoder();
        var original = await TestModels.EncoderAsync();
        var source = Path.Combine(home.Folder, "copied-encoder");
        Directory.CreateDirectory(source);
        foreach (
            var file in Directory.EnumerateFiles(original).Where(file => Path.GetFileName(file) != "manifest.json")
        )
        {
            File.CreateSymbolicLink(Path.Combine(source, Path.GetFileName(file)), file);
        }

        var store = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home.Folder, "models") });
        var random = new Random(3);
        for (var kill = 0; kill < Scale.Of(Kills); kill++)
        {
            using var process = home.Start(["models", "install", source]);
            await KillAsync(process, TimeSpan.FromSeconds(random.NextDouble()));
            if (store.Find("copied-encoder") is { } folder)
            {
                Assert.Equal(Hashes(source), Hashes(folder));
                await store.RemoveAsync("copied-encoder", Cancellation);
            }
        }

        (await home.RunAsync("models", "install", source)).Expect(0);
        Assert.Equal(Hashes(source), Hashes(store.Find("copied-encoder")!));
    }

    /// <summary>A command, and the documents that it may remove.</summary>
    private static (string[] Command, List<string> Gone) Choose(Random random, ChangingTree tree)
    {
        if (random.Next(6) == 0)
        {
            return (["datastores", "compact", "default"], []);
        }

        if (random.Next(6) == 0)
        {
            var file = tree.Files.ElementAt(random.Next(tree.Files.Count()));
            return (["datastores", "remove", "default", file], [file]);
        }

        return (["ingest", ".", "--wait"], []);
    }

    private static async Task<bool> IsDoneBeforeKillAsync(
        ServerHome home,
        ChangingTree tree,
        string[] command,
        TimeSpan instant
    )
    {
        using var process = ProgramRun.Start(
            home.ServerCommand[0],
            [.. home.ServerCommand.Skip(1), .. command],
            tree.Root,
            ("MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER", "false")
        );
        return await KillAsync(process, instant);
    }

    /// <summary>Whether the process had ended well before.</summary>
    internal static async Task<bool> KillAsync(Process process, TimeSpan instant)
    {
        process.StandardInput.Close();
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Task.WhenAny(process.WaitForExitAsync(Cancellation), Task.Delay(instant, Cancellation));
        process.Kill();
        await process.WaitForExitAsync(Cancellation);
        return process.ExitCode == 0;
    }

    private static IEnumerable<(string, string)> Hashes(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Where(file => Path.GetFileName(file) != "manifest.json")
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))));
}
