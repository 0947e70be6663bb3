using System.Security.Cryptography;
using System.Text;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Storage.Tests;

/// <summary>A home folder that is gone after the test, and documents to put into it.</summary>
internal sealed class TemporaryHome : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("storage-tests-").FullName;

    public DatastoreHome Home => new(Root);

    public static ContentKey Key(string content) => new(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    /// <summary>A document with a passage for each text; every passage is one line.</summary>
    public static NewDocument Document(string path, params string[] passages) =>
        new()
        {
            Path = path,
            Kind = "prose",
            ContentKey = Key(string.Join('\u0001', passages)),
            Bytes = passages.Sum(text => text.Length),
            Modified = DateTimeOffset.UnixEpoch,
            LineCount = passages.Length,
            Passages = passages.Select((text, i) => new NewPassage(i + 1, i + 1, text)).ToList(),
        };

    public static CatalogChange Put(params NewDocument[] documents) => new() { Put = documents };

    public static CatalogChange Remove(params string[] paths) => new() { Remove = paths };

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
