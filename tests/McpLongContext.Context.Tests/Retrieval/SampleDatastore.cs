using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>A real datastore in a folder of the test's own; every line of a document is a passage.</summary>
internal sealed class SampleDatastore : IDisposable
{
    public const string WorkingDirectory = "/project";

    private readonly string _home = Directory.CreateTempSubdirectory("retrieval-").FullName;

    public SampleDatastore(params (string Path, string Kind, string Text)[] documents)
    {
        Datastore = new DatastoreHome(_home).OpenOrCreate("sample");
        foreach (var (path, kind, text) in documents)
        {
            Put(path, kind, text);
        }
    }

    public Datastore Datastore { get; }

    public void Put(string path, string kind, string text, int linesPerPassage = 1)
    {
        var lines = text.Split('\n');
        var symbols =
            kind == nameof(DocumentKind.Code)
                ? PassageSplitter.Split(text, DocumentKind.Code, path).SelectMany(passage => passage.Symbols).ToList()
                : [];
        var passages = lines
            .Chunk(linesPerPassage)
            .Select(
                (chunk, i) =>
                    new NewPassage(
                        (i * linesPerPassage) + 1,
                        (i * linesPerPassage) + chunk.Length,
                        string.Join('\n', chunk) + "\n"
                    )
                    {
                        Symbols = [.. symbols.Where(symbol => (symbol.Line - 1) / linesPerPassage == i)],
                    }
            );
        Datastore.Apply(
            new CatalogChange
            {
                Put =
                [
                    new NewDocument
                    {
                        Path = $"{WorkingDirectory}/{path}",
                        Kind = kind,
                        ContentKey = new ContentKey(
                            System.Security.Cryptography.SHA256.HashData(
                                System.Text.Encoding.UTF8.GetBytes(path + text)
                            )
                        ),
                        Bytes = text.Length,
                        Modified = DateTimeOffset.UnixEpoch,
                        LineCount = lines.Length,
                        Passages = [.. passages],
                    },
                ],
            }
        );
    }

    /// <summary>The same datastore as another process would see it.</summary>
    public Datastore OpenAgain() => new DatastoreHome(_home).Open("sample");

    public void Dispose()
    {
        Datastore.Dispose();
        Directory.Delete(_home, recursive: true);
    }
}
