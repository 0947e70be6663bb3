namespace McpLongContext.Distributed.Messages;

/// <summary>A passage to store in a shard.</summary>
/// <param name="StartLine">Its first line.</param>
/// <param name="EndLine">Its last line.</param>
/// <param name="Text">Its text.</param>
/// <param name="Context">What it stands under.</param>
/// <param name="Symbols">The definitions in it.</param>
[GenerateSerializer, Immutable]
internal sealed record NewShardPassage(int StartLine, int EndLine, string Text, string Context, ShardSymbol[] Symbols);
