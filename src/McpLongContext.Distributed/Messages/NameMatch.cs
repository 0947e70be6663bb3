namespace McpLongContext.Distributed.Messages;

/// <summary>A passage that contains a name.</summary>
/// <param name="Match">The passage.</param>
/// <param name="IsText">Whether the names in the passage lead further.</param>
/// <param name="Names">The names in it.</param>
/// <param name="Documents">The document, with those that share the passage.</param>
[GenerateSerializer, Immutable]
internal sealed record NameMatch(LiteralMatch Match, bool IsText, string[] Names, ShardDocument[] Documents);
