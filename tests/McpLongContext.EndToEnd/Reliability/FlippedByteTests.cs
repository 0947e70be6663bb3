using McpLongContext.Context.Contracts;
using McpLongContext.EndToEnd.Infrastructure;
using McpLongContext.Storage;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>A byte of any file of a datastore is flipped: that is named, or harmless, and never cited.</summary>
public sealed class FlippedByteTests
{
    private const int Flips = 60;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flipped_byte_is_named_or_harmless_and_never_makes_a_wrong_citation()
    {
        using var home = await ServerHome.CreateAsync();
        using var tree = new ChangingTree("src/McpLongContext.Context/Jobs", seed: 1);
        await using var service = OpenService.Over(home, tree);
        await IngestAsync(service, "whole");
        await service.CompactAsync("whole", Cancellation);
        var datastores = Path.Combine(home.Folder, "datastores");
        var whole = CopyOf(Path.Combine(datastores, "whole"), Path.Combine(home.Folder, "copy"));
        var random = new Random(5);
        var named = 0;
        for (var flip = 0; flip < Scale.Of(Flips); flip++)
        {
            var name = $"flipped{flip}";
            var files = CopyOf(whole.Folder, Path.Combine(datastores, name)).Files;
            var at = (long)(random.NextDouble() * files.Sum(file => file.Length));
            var file = files.First(file => (at -= file.Length) < 0);
            Flip(file.FullName, at + file.Length, (byte)(1 << random.Next(8)));
            named += await IsNamedAsync(service, tree, name) ? 1 : 0;
            await IngestAsync(service, name);
            await AssertCitationsAreRightAsync(service, tree, name);
            await service.RemoveDatastoreAsync(name, Cancellation);
        }

        Assert.NotEqual(0, named);
        TestContext.Current.SendDiagnosticMessage($"{named} of {Scale.Of(Flips)} flips were named, the rest harmless");
    }

    /// <summary>Whether anything named the damage; whatever did not must be as if there were none.</summary>
    private static async Task<bool> IsNamedAsync(LongContextService service, ChangingTree tree, string name)
    {
        try
        {
            await AssertCitationsAreRightAsync(service, tree, name);
            var report = await service.VerifyAsync(name, repair: true, Cancellation);
            return !report.Sound;
        }
        catch (DatastoreException e)
        {
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            await service.RemoveDatastoreAsync(name, Cancellation);
            return true;
        }
    }

    private static async Task AssertCitationsAreRightAsync(LongContextService service, ChangingTree tree, string name)
    {
        var request = new QueryRequest { Question = "When is a job cancelled?", Datastore = name };
        var result = await service.QueryAsync(request, Cancellation);
        foreach (var passage in result.Evidence)
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(tree.Root, passage.Path), Cancellation);
            Assert.Equal(
                string.Join('\n', lines[(passage.StartLine - 1)..passage.EndLine]),
                passage.Text.TrimEnd('\n')
            );
        }
    }

    private static async Task IngestAsync(LongContextService service, string name)
    {
        var request = new IngestRequest
        {
            Paths = ["."],
            Datastore = name,
            Wait = null,
        };
        var report = await service.IngestAsync(request, progress: null, Cancellation);
        Assert.Equal(IngestState.Complete, report.State);
    }

    private static (string Folder, FileInfo[] Files) CopyOf(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return (target, [.. new DirectoryInfo(target).EnumerateFiles("*", SearchOption.AllDirectories)]);
    }

    private static void Flip(string path, long at, byte bit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ bit));
    }
}
