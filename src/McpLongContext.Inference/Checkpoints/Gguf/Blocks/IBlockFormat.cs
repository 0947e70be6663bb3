namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>
/// How one type of GGUF blocks becomes fp32. All formulas are those of the format's reference; every product in them is
/// exact in fp32, so that the order of the factors does not matter.
/// </summary>
internal interface IBlockFormat
{
    /// <summary>The format's name for the type.</summary>
    public static abstract string Name { get; }

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="blocks">The bytes of the blocks.</param>
    /// <param name="values">The elements of the blocks.</param>
    public static abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> values);
}
