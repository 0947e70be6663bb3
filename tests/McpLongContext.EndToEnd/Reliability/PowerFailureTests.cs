using System.Security.Cryptography;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// Everything that the program does to its disk is recorded and played back up to random instants at which the power
/// fails: writes are lost, torn and reordered before each flush.
/// </summary>
public sealed class PowerFailureTests
{
    private const int Failures = 30;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "src/McpLongContext.Context")]
    [InlineData(true, "src/McpLongContext.Context/Jobs")]
    public async Task What_was_acknowledged_survives_a_power_failure_at_any_instant(bool encodes, string source)
    {
        SystemCalls.Require();
        using var home = encodes ? await ServerHome.CreateAsync() : ServerHome.WithoutEncoder();
        using var tree = new ChangingTree(source, seed: 1);
        var random = new Random(2);
        var disk = new CrashDisk();
        var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var next in Commands(tree))
        {
            tree.Change();
            var command = next();
            if (command[0] == "datastores" && command[1] == "remove")
            {
                acknowledged.Remove(command[^1]);
            }

            var operations = await SystemCalls.RecordAsync(home, tree.Root, command);
            var instants = Enumerable
                .Range(0, Scale.Of(Failures) / 5)
                .Select(_ => random.Next(operations.Count))
                .ToLookup(instant => instant);
            for (var instant = 0; instant < operations.Count; instant++)
            {
                foreach (var _ in instants[instant])
                {
                    await CheckAsync(disk, home, tree, acknowledged, random);
                }

                disk.Do(operations[instant]);
            }

            if (command[0] == "ingest")
            {
                acknowledged = tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal);
            }

            await CheckAsync(disk, home, tree, acknowledged, random);
        }
    }

    [Fact]
    public async Task A_model_that_was_installed_survives_a_power_failure_and_no_half_one_appears()
    {
        SystemCalls.Require();
        using var home = ServerHome.WithoutEncoder();
        var source = Directory.CreateDirectory(Path.Combine(home.Folder, "small-encoder")).FullName;
        foreach (var name in (string[])["config.json", "tokenizer.json", "model.safetensors"])
        {
            var original = Path.Combine("tests/McpLongContext.Inference.Tests/GoldenData/tiny-bert", name);
            File.Copy(Path.Combine(Repository.Root, original), Path.Combine(source, name));
        }

        var models = Path.Combine(home.Folder, "models");
        var operations = await SystemCalls.RecordAsync(home, source, "models", "install", source);
        var disk = new CrashDisk();
        var random = new Random(3);
        foreach (var operation in operations.Where(one => one.Path.StartsWith(models, StringComparison.Ordinal)))
        {
            disk.Do(operation);
            for (var i = 0; i < Scale.Of(1); i++)
            {
                Check(isInstalled: false);
            }
        }

        for (var i = 0; i < Scale.Of(Failures); i++)
        {
            Check(isInstalled: true);
        }

        void Check(bool isInstalled)
        {
            var after = Directory.CreateTempSubdirectory("after-failure-");
            disk.WriteAfterFailure(models, after.FullName, random);
            var folder = new ModelStore(new ModelStoreOptions { Folder = after.FullName }).Find("small-encoder");
            Assert.True(folder is not null || !isInstalled, "An installed model is gone.");
            if (folder is not null)
            {
                Assert.All(Directory.GetFiles(source), file => Assert.Equal(Hash(file), Hash(InFolder(folder, file))));
            }

            after.Delete(recursive: true);
        }
    }

    /// <summary>Commands in their order; what they name is chosen when their turn comes.</summary>
    private static Func<string[]>[] Commands(ChangingTree tree) =>
        [
            () => ["ingest", ".", "--wait"],
            () => ["ingest", ".", "--wait"],
            () => ["datastores", "remove", "default", tree.Files.First()],
            () => ["ingest", ".", "--wait"],
            () => ["datastores", "compact", "default"],
        ];

    private static async Task CheckAsync(
        CrashDisk disk,
        ServerHome home,
        ChangingTree tree,
        Dictionary<string, int> acknowledged,
        Random random
    )
    {
        using var after = ServerHome.WithoutEncoder();
        disk.WriteAfterFailure(home.Folder, after.Folder, random);
        await using var service = OpenService.Over(after, tree);
        await DurabilityContract.CheckAsync(service, tree, acknowledged);
        Cancellation.ThrowIfCancellationRequested();
    }

    private static string InFolder(string folder, string file) => Path.Combine(folder, Path.GetFileName(file));

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
