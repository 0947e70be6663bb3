namespace McpLongContext.Context.Contracts;

/// <summary>What a local model reads of a datastore when it answers.</summary>
public enum MemoryKind
{
    /// <summary>What fits its window: passages that were found for the question, or the end of a text.</summary>
    Window,

    /// <summary>
    /// Everything: its own retrieval heads search the keys of all tokens and select what it reads (retrieval attention).
    /// </summary>
    Unlimiformer,

    /// <summary>
    /// Everything, compressed into a memory of constant size (Infini-attention), behind what fits the window. It has an
    /// influence where an adapter is installed that was trained for the model.
    /// </summary>
    Infini,
}
