using McpLongContext.Storage.Passages;

namespace McpLongContext.Distributed.Messages;

/// <summary>A passage of a shard as evidence shows it.</summary>
/// <param name="Id">The passage.</param>
/// <param name="Document">The document in the shard.</param>
/// <param name="StartLine">The first line.</param>
/// <param name="EndLine">The last line.</param>
/// <param name="Text">The text.</param>
/// <param name="Context">The heading or declaration around the passage.</param>
/// <param name="Symbols">The definitions in it.</param>
/// <param name="Statements">The alignment of each statement with the query; <see langword="null"/>: not asked for.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardPassage(
    long Id,
    long Document,
    int StartLine,
    int EndLine,
    string Text,
    string Context,
    ShardSymbol[] Symbols,
    double[]? Statements
)
{
    /// <summary>The passage as a datastore has it.</summary>
    public Passage ToPassage() => new(Id, Document, StartLine, EndLine, Text, Context);
}
