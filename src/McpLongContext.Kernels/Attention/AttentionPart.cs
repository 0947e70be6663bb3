using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.Attention;

/// <summary>
/// The part of a block that one call of <see cref="GroupedQueryAttention.Attend"/> computes, for one thread.
/// </summary>
/// <param name="BlockTokens">Tokens of the block, whose last one is the last of the cache.</param>
/// <param name="KeyValueHead">The key/value head whose queries are attended.</param>
/// <param name="FirstToken">The first token of the block to attend.</param>
/// <param name="Tokens">How many.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AttentionPart(int BlockTokens, int KeyValueHead, int FirstToken, int Tokens);
