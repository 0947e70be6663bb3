using McpLongContext.Storage.Catalog;

namespace McpLongContext.Distributed.Messages;

/// <summary>A document of a shard.</summary>
[GenerateSerializer, Immutable]
internal sealed record ShardDocument
{
    [Id(0)]
    public required long Id { get; init; }

    [Id(1)]
    public required string Path { get; init; }

    [Id(2)]
    public required string Kind { get; init; }

    [Id(3)]
    public required byte[] ContentKey { get; init; }

    [Id(4)]
    public required long Bytes { get; init; }

    [Id(5)]
    public required DateTimeOffset Modified { get; init; }

    [Id(6)]
    public required int LineCount { get; init; }

    [Id(7)]
    public required long FirstPassage { get; init; }

    [Id(8)]
    public required int PassageCount { get; init; }

    /// <summary>Whether the document is in the scope of the question.</summary>
    [Id(9)]
    public bool IsInScope { get; init; }

    /// <summary>A document as a message.</summary>
    public static ShardDocument Of(Document document, bool isInScope = true)
    {
        var key = new byte[Storage.Catalog.ContentKey.Size];
        document.ContentKey.CopyTo(key);
        return new ShardDocument
        {
            Id = document.Id,
            Path = document.Path,
            Kind = document.Kind,
            ContentKey = key,
            Bytes = document.Bytes,
            Modified = document.Modified,
            LineCount = document.LineCount,
            FirstPassage = document.FirstPassage,
            PassageCount = document.PassageCount,
            IsInScope = isInScope,
        };
    }

    /// <summary>The document as a datastore has it, with an id that no other one of the collection has.</summary>
    public Document ToDocument(long id) =>
        new()
        {
            Id = id,
            Path = Path,
            Kind = Kind,
            ContentKey = new ContentKey(ContentKey),
            Bytes = Bytes,
            Modified = Modified,
            LineCount = LineCount,
            FirstPassage = FirstPassage,
            PassageCount = PassageCount,
        };
}
