namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>A matrix [outputs, inputs] of a checkpoint, read as fp32 when and where it is needed.</summary>
/// <param name="Outputs">Rows.</param>
/// <param name="Inputs">Columns.</param>
/// <param name="Read">Reads whole rows; may be called by many threads.</param>
internal sealed record MatrixReader(int Outputs, int Inputs, MatrixReader.RowReader Read)
{
    /// <summary>Reads rows from the first on, as many as there is room for.</summary>
    public delegate void RowReader(int firstRow, Span<float> rows);
}
