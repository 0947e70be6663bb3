namespace McpLongContext.Distributed.Messages;

/// <summary>The signals of candidates in a shard.</summary>
/// <param name="Pooled">The similarities of passage embeddings, <c>[candidates]</c>; NaN where there is none.</param>
/// <param name="Tokens">The similarities of token embeddings, as well.</param>
/// <param name="Documents">The documents of the candidates, with those that share their passages.</param>
/// <param name="Damage">The damage found while searching, a sentence each.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardSignals(double[] Pooled, double[] Tokens, ShardDocument[] Documents, string[] Damage);
