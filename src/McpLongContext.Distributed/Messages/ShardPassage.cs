using McpLongContext.Storage.Passages;

namespace McpLongContext.Distributed.Messages;

/// <summary>A passage of a shard with what evidence shows of it.</summary>
/// <param name="Id">The passage.</param>
/// <param name="Document">Its document in the shard.</param>
/// <param name="StartLine">Its first line.</param>
/// <param name="EndLine">Its last line.</param>
/// <param name="Text">Its text.</param>
/// <param name="Context">What it stands under.</param>
/// <param name="Symbols">The definitions in it.</param>
/// <param name="Statements">How well each of its statements aligns with the question.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardPassage(
    long Id,
    long Document,
    int StartLine,
    int EndLine,
    string Text,
    string Context,
    ShardSymbol[] Symbols,
    double[] Statements
)
{
    /// <summary>The passage as a datastore has it.</summary>
    public Passage ToPassage() => new(Id, Document, StartLine, EndLine, Text, Context);
}
