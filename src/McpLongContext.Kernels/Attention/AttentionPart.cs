using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.Attention;

/// <summary>What one call of <see cref="GroupedQueryAttention.Attend"/> computes of a block: threads divide the block by it.</summary>
/// <param name="BlockTokens">Tokens of the block, whose last one is the last of the cache.</param>
/// <param name="Group">The key/value head whose queries are attended.</param>
/// <param name="FirstToken">The first token of the block to attend.</param>
/// <param name="Tokens">How many.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AttentionPart(int BlockTokens, int Group, int FirstToken, int Tokens);
