using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Distributed.Messages;

/// <summary>A document to store in a shard, split into its passages.</summary>
/// <param name="Document">The document.</param>
/// <param name="SymbolVersion">The version of the scanner that found the symbols.</param>
/// <param name="Passages">The passages, in order.</param>
[GenerateSerializer, Immutable]
internal sealed record NewShardDocument(ShardDocument Document, int SymbolVersion, NewShardPassage[] Passages)
{
    /// <summary>The document as a datastore takes it.</summary>
    public NewDocument ToDocument() =>
        new NewDocument
        {
            Path = Document.Path,
            Kind = Document.Kind,
            ContentKey = new ContentKey(Document.ContentKey),
            Bytes = Document.Bytes,
            Modified = Document.Modified,
            LineCount = Document.LineCount,
            FirstPassage = Document.FirstPassage,
            SymbolVersion = SymbolVersion,
            Passages =
            [
                .. Passages.Select(passage => new NewPassage(
                    passage.StartLine,
                    passage.EndLine,
                    passage.Text,
                    passage.Context
                )
                {
                    Symbols =
                    [
                        .. passage.Symbols.Select(symbol => new NewSymbol(
                            symbol.Line,
                            symbol.Name,
                            (SymbolKind)symbol.Kind,
                            symbol.Container
                        )),
                    ],
                }),
            ],
        }.Analyze();

    /// <summary>A document that was read from a source.</summary>
    /// <param name="document">The document.</param>
    /// <param name="firstPassage">The id of its first passage.</param>
    public static NewShardDocument Of(NewDocument document, long firstPassage)
    {
        var key = new byte[ContentKey.Size];
        document.ContentKey.CopyTo(key);
        return new NewShardDocument(
            new ShardDocument
            {
                Id = 0,
                Path = document.Path,
                Kind = document.Kind,
                ContentKey = key,
                Bytes = document.Bytes,
                Modified = document.Modified,
                LineCount = document.LineCount,
                FirstPassage = firstPassage,
                PassageCount = document.Passages.Count,
            },
            document.SymbolVersion,
            [
                .. document.Passages.Select(passage => new NewShardPassage(
                    passage.StartLine,
                    passage.EndLine,
                    passage.Text,
                    passage.Context,
                    [
                        .. (passage.Symbols ?? []).Select(symbol => new ShardSymbol(
                            0,
                            symbol.Line,
                            symbol.Name,
                            (int)symbol.Kind,
                            symbol.Container,
                            IsInScope: true
                        )),
                    ]
                )),
            ]
        );
    }

    /// <summary>A document of a shard, for another copy; <see langword="null"/> where a passage is damaged.</summary>
    public static NewShardDocument? Of(DatastoreSnapshot snapshot, Document document, int symbolVersion)
    {
        try
        {
            var symbols = snapshot
                .Symbols.Between(document.FirstPassage, document.FirstPassage + document.PassageCount - 1)
                .ToLookup(symbol => symbol.Passage, symbol => ShardSymbol.Of(symbol, isInScope: true));
            NewShardPassage[] passages =
            [
                .. snapshot
                    .Passages.Of(document)
                    .Select(passage => new NewShardPassage(
                        passage.StartLine,
                        passage.EndLine,
                        passage.Text,
                        passage.Context,
                        [.. symbols[passage.Id]]
                    )),
            ];
            return passages.Length == document.PassageCount
                ? new NewShardDocument(ShardDocument.Of(document), symbolVersion, passages)
                : null;
        }
        catch (DatastoreCorruptException)
        {
            return null;
        }
    }
}
