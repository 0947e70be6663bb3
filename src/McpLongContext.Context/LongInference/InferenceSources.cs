using System.Security.Cryptography;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;

namespace McpLongContext.Context.LongInference;

/// <summary>A text to read.</summary>
/// <param name="Path">The path that citations show.</param>
/// <param name="Key">Names the content.</param>
/// <param name="Read">Gives the text; <see langword="null"/> when it is not there any more.</param>
internal sealed record InferenceSource(string Path, string Key, Func<string?> Read)
{
    /// <summary>Cites lines, first and last, by page, slide or time; <see langword="null"/>: lines are cited.</summary>
    public Func<int, int, string>? Cite { get; init; }

    /// <summary>The document of the datastore; <see langword="null"/> for a text of the request.</summary>
    public Document? Stored { get; init; }
}

/// <summary>Finds what a request is about: a text, a document, or the documents of a datastore.</summary>
internal sealed class InferenceSources(DatastoreRegistry datastores, DocumentFinder finder, DocumentPaths paths)
{
    /// <summary>The datastore of a request that names none.</summary>
    public const string DefaultDatastore = "default";

    /// <summary>The texts in the order of their paths, and the overlap that the datastore's chunks have.</summary>
    /// <exception cref="ContextException">There is nothing, or it is not clear what is meant.</exception>
    public (IReadOnlyList<InferenceSource> Sources, double Overlap) Select(LongInferenceRequest request)
    {
        Check(request);
        if (request.Text is { } text)
        {
            var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            return ([new InferenceSource(request.Name, key, () => text)], OverlapOf(request.Datastore));
        }

        var name = request.Datastore ?? DefaultDatastore;
        using var snapshot = datastores.Open(name).Snapshot();
        return (
            [
                .. DocumentsOf(snapshot, name, request)
                    .Select(one => new InferenceSource(paths.Show(one.Path), KeyOf(one), () => Read(name, one))
                    {
                        Cite = CiteOf(name, one),
                        Stored = one,
                    }),
            ],
            DatastoreRegistry.ChunksOf(snapshot).Overlap
        );
    }

    /// <summary>
    /// The documents of a datastore that a request is about, in the order of their paths; one at least.
    /// </summary>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="name">The datastore.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="ContextException">There is none.</exception>
    public IReadOnlyList<Document> DocumentsOf(DatastoreSnapshot snapshot, string name, LongInferenceRequest request)
    {
        if (request.Document is { } document)
        {
            return [finder.Find(snapshot, document) ?? throw finder.Unknown(snapshot, name, document)];
        }

        var glob = request.PathGlob;
        var all = snapshot.Documents.All;
        IReadOnlyList<Document> documents =
        [
            .. (glob is null ? all : PathGlob.Select(glob, all, paths)).OrderBy(
                one => one.Path,
                StringComparer.Ordinal
            ),
        ];
        return documents.Count > 0
            ? documents
            : throw new ContextException(
                glob is null
                    ? $"datastore: '{name}' holds no documents; ingest_document stores some."
                    : $"path_glob: no document of datastore '{name}' matches '{glob}'; "
                        + "list_datastores shows what is there."
            );
    }

    // A snapshot for each document: a long inference must not hold one for hours.
    private string? Read(string name, Document document)
    {
        using var snapshot = datastores.Open(name).Snapshot();
        return snapshot.Documents.TryFind(document.Path, out var found) ? snapshot.Passages.TextOf(found) : null;
    }

    /// <summary>Cites lines of a document by its own places; only documents of a format have any.</summary>
    private Func<int, int, string>? CiteOf(string name, Document document)
    {
        if (!StoredKind.HasFormat(document))
        {
            return null;
        }

        var passages = new Lazy<IReadOnlyList<(int Start, int End, string Context)>>(() =>
        {
            using var snapshot = datastores.Open(name).Snapshot();
            return snapshot.Documents.TryFind(document.Path, out var found)
                ? [.. snapshot.Passages.Of(found).Select(one => (one.StartLine, one.EndLine, one.Context))]
                : [];
        });
        return (start, end) =>
        {
            var first = passages.Value.FirstOrDefault(one => one.End >= start).Context ?? "";
            var last = passages.Value.LastOrDefault(one => one.Start <= end).Context ?? first;
            var citation = Citation.Of(document, paths.Show(document.Path), first, last, (start, end));
            return citation.Location.Length == 0 || citation.Text.EndsWith(citation.Location, StringComparison.Ordinal)
                ? citation.Text
                : $"{citation.Text} at {citation.Location}";
        };
    }

    private double OverlapOf(string? datastore)
    {
        if (datastore is null)
        {
            return ChunkSettings.DefaultOverlap;
        }

        using var snapshot = datastores.Open(datastore).Snapshot();
        return DatastoreRegistry.ChunksOf(snapshot).Overlap;
    }

    private static string KeyOf(Document document)
    {
        var hash = new byte[ContentKey.Size];
        document.ContentKey.CopyTo(hash);
        return Convert.ToHexString(hash);
    }

    private static void Check(LongInferenceRequest request)
    {
        switch (request)
        {
            case { Text: not null, Document: not null }:
                throw new ContextException("text, document: both were given; give one of them.");
            case { Text: null, Document: null, Datastore: null, PathGlob: null }:
                throw new ContextException(
                    "text: missing; give a text, a document, bits, a file, or a datastore, whose documents path_glob narrows."
                );
            case { PathGlob: not null } and ({ Text: not null } or { Document: not null }):
                throw new ContextException(
                    "path_glob: it selects documents of a datastore; leave it out, or text and document."
                );
            case { Text: { } text } when string.IsNullOrWhiteSpace(text):
                throw new ContextException("text: it is empty; give some text, or a document.");
        }
    }
}
