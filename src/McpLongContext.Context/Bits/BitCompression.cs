namespace McpLongContext.Context.Bits;

/// <summary>A compressed file.</summary>
/// <param name="Model">The name of the model.</param>
/// <param name="Blocks">Blocks of the file.</param>
/// <param name="ModelBlocks">Those of which the model's code was the shortest; the others need no model.</param>
internal sealed record BitCompression(string Model, int Blocks, int ModelBlocks);
