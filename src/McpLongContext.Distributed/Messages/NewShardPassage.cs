namespace McpLongContext.Distributed.Messages;

/// <summary>A passage to store in a shard.</summary>
/// <param name="StartLine">The first line.</param>
/// <param name="EndLine">The last line.</param>
/// <param name="Text">The text.</param>
/// <param name="Context">The heading or declaration around the passage.</param>
/// <param name="Symbols">The definitions in it.</param>
[GenerateSerializer, Immutable]
internal sealed record NewShardPassage(int StartLine, int EndLine, string Text, string Context, ShardSymbol[] Symbols);
