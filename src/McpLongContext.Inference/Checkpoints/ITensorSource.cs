namespace McpLongContext.Inference.Checkpoints;

/// <summary>
/// The tensors of a checkpoint, whatever its format, read as fp32 row by row. Safe for many readers at a time.
/// </summary>
internal interface ITensorSource : IDisposable
{
    /// <summary>The file or folder, for messages.</summary>
    public string Path { get; }

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names { get; }

    /// <summary>Whether a tensor exists.</summary>
    public bool Contains(string name);

    /// <summary>Demands that a tensor exists, has a shape, and is of a type that can be read.</summary>
    /// <exception cref="CheckpointException">
    /// The tensor is missing, has another shape, or is of another type.
    /// </exception>
    public void Require(string name, params ReadOnlySpan<int> shape);

    /// <summary>Reads rows of a matrix, or a whole vector as one row.</summary>
    /// <param name="name">A tensor that <see cref="Require"/> has accepted.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">Receives whole rows, row-major.</param>
    /// <exception cref="CheckpointException">An element is not finite.</exception>
    public void ReadRows(string name, int firstRow, Span<float> rows);
}
