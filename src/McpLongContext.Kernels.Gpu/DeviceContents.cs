namespace McpLongContext.Kernels.Gpu;

/// <summary>The contents of planes that a device holds.</summary>
internal enum DeviceContents
{
    /// <summary>Embeddings of a segment.</summary>
    Embeddings,

    /// <summary>Keys, or values, of a segment, or the weights of a product.</summary>
    Keys,
}
