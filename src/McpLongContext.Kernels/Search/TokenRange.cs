using System.Runtime.InteropServices;

namespace McpLongContext.Kernels;

/// <summary>The vectors of one passage among those of a segment.</summary>
/// <param name="Start">Index of the first vector.</param>
/// <param name="Count">How many there are; 0 for a passage without states.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TokenRange(int Start, int Count);
