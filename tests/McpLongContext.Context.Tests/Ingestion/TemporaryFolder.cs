using System.Text;

namespace McpLongContext.Context.Tests.Ingestion;

/// <summary>A directory for one test, links in its path resolved.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } =
        new DirectoryInfo(Directory.CreateTempSubdirectory("ingestion-").FullName) is var info
            ? info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? info.FullName
            : "";

    public string this[string relative] => System.IO.Path.Join(Path, relative);

    public string Write(string relative, string content) => Write(relative, Encoding.UTF8.GetBytes(content));

    public string Write(string relative, byte[] content)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Link(string relative, string target) => File.CreateSymbolicLink(this[relative], target);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
