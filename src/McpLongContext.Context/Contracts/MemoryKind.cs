namespace McpLongContext.Context.Contracts;

/// <summary>The kind of decoder memory that a local model reads when it answers.</summary>
public enum MemoryKind
{
    /// <summary>The model's window: passages that were found for the query, or the end of a text.</summary>
    Window,

    /// <summary>
    /// Everything: its own retrieval heads search the keys of all tokens and select what it reads (retrieval
    /// attention).
    /// </summary>
    Unlimiformer,

    /// <summary>
    /// Everything, in a compressive memory of constant size (Infini-attention), after what fits the window. It has an
    /// influence where an adapter is installed that was trained for the model.
    /// </summary>
    Infini,
}
