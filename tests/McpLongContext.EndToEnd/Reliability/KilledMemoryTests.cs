using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// The process is killed at random instants while a decoder's memory of a changing tree is built and stored. Afterwards the
/// datastore is sound, no document is half, and the next ingest builds what is missing: as many tokens as one that was
/// never interrupted.
/// </summary>
public sealed class KilledMemoryTests
{
    private const int Kills = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MemoryKind.Unlimiformer, "reread")]
    [InlineData(MemoryKind.Unlimiformer, "heads")] // Keys and values of all layers instead of one layer's keys.
    [InlineData(MemoryKind.Infini, "reread")]
    public async Task What_was_stored_stays_and_the_next_ingest_goes_on(MemoryKind kind, string mode)
    {
        using var home = ServerHome.WithoutEncoder();
        await InstallAsync(home);
        using var tree = new ChangingTree("src/McpLongContext.Context/Ingestion/Splitting", seed: 4);
        var memory = kind.ToString().ToLowerInvariant();
        string[] ingest = ["ingest", ".", "--wait", "--memory", memory, "--unlimiformer", $"mode={mode}"];

        var watch = Stopwatch.StartNew();
        (await RunAsync(home, tree, [.. ingest, "-d", "whole"])).Expect(0);
        var whole = watch.Elapsed;
        var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(5);
        var stored = 0L;
        var kills = Scale.Of(Kills);
        for (var kill = 1; kill <= kills; kill++)
        {
            using var process = ProgramRun.Start(
                home.ServerCommand[0],
                [.. home.ServerCommand.Skip(1), .. ingest],
                tree.Root
            );
            // Later and later, so that the last ones find something stored, on a machine that has become busy, too.
            if (await KilledProcessTests.KillAsync(process, whole * (2.0 * kill / kills * (0.5 + random.NextDouble()))))
            {
                acknowledged = tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal);
            }

            await using var service = OpenService.Over(home, tree);
            await DurabilityContract.CheckAsync(service, tree, acknowledged);
            stored = Math.Max(stored, MemoryOf(service, "default")?.Tokens ?? 0);
        }

        Assert.True(stored > 0, "No kill left anything in memory: it tested nothing.");
        tree.Change();
        (await RunAsync(home, tree, ingest)).Expect(0);
        (await RunAsync(home, tree, [.. ingest, "-d", "whole"])).Expect(0);
        await using var last = OpenService.Over(home, tree);
        await DurabilityContract.CheckAsync(
            last,
            tree,
            tree.Files.ToDictionary(file => file, tree.VersionOf, StringComparer.Ordinal)
        );
        // What is of no document any more goes when the files are compacted.
        await last.CompactAsync("default", Cancellation);
        await last.CompactAsync("whole", Cancellation);
        var (resumed, expected) = (MemoryOf(last, "default")!, MemoryOf(last, "whole")!);
        Assert.Equal((kind, expected.Tokens, 0), (resumed.Kind, resumed.Tokens, resumed.PendingDocuments));
        Assert.Equal(0, expected.PendingDocuments);
        Assert.Equal(mode == "heads", resumed.LayerBegin is not null);
    }

    /// <summary>Installs stories15M; that it generates text, which the catalog would say, is added to what is known of it.</summary>
    private static async Task InstallAsync(ServerHome home)
    {
        var models = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home.Folder, "models") });
        var installed = await models.InstallAsync(await TestModels.StoriesAsync(), cancellation: Cancellation);
        var path = Path.Combine(installed.Folder, "manifest.json");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        manifest["purpose"] = ModelEntry.Completion;
        await File.WriteAllTextAsync(path, manifest.ToJsonString(), Cancellation);
    }

    private static MemorySummary? MemoryOf(LongContextService service, string datastore) =>
        service.ListDatastores().FirstOrDefault(one => one.Name == datastore)?.Memories.SingleOrDefault();

    private static Task<ProgramRun> RunAsync(ServerHome home, ChangingTree tree, IEnumerable<string> command) =>
        ProgramRun.OfAsync(home.ServerCommand[0], [.. home.ServerCommand.Skip(1), .. command], tree.Root);
}
