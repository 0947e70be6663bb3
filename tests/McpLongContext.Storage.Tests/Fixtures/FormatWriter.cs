namespace McpLongContext.Storage.Tests.Fixtures;

/// <summary>Writes the committed datastore of the present format, after the format has changed.</summary>
public sealed class FormatWriter : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    /// <summary>Run on purpose only.</summary>
    [Fact(Explicit = true)]
    public void Write_the_committed_datastore()
    {
        FormatFixture.Write(_home.Home, "fixture");
        var target = Path.Combine(SourceFolder(), FormatFixture.Present);
        Directory.CreateDirectory(Path.Combine(target, "states"));
        var source = Path.Combine(_home.Root, "datastores", "fixture");
        File.Copy(DatastoreIdentity.DatabasePath(source), DatastoreIdentity.DatabasePath(target), overwrite: true);
        foreach (var segment in Directory.GetFiles(Path.Combine(source, "states")))
        {
            File.Copy(segment, Path.Combine(target, "states", Path.GetFileName(segment)));
        }
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Path.GetDirectoryName(file)!;
}
