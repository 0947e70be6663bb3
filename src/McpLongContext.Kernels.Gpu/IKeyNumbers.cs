using ILGPU;

namespace McpLongContext.Kernels.Gpu;

/// <summary>Reads the numbers of a plane of keys, which stand in words of 32 bits.</summary>
internal interface IKeyNumbers
{
    /// <summary>Numbers in a word.</summary>
    public int PerWord { get; }

    /// <summary>A number of a word, before it is scaled.</summary>
    public float Of(int word, int index);

    /// <summary>The scale of a token.</summary>
    public float Scale(ArrayView<float> scales, int token);
}

/// <summary>Signed codes of eight bits.</summary>
internal readonly struct CodeNumbers : IKeyNumbers
{
    private const int Bits = 8;

    /// <inheritdoc/>
    public int PerWord => sizeof(int);

    /// <inheritdoc/>
    public float Of(int word, int index) =>
        // The sign of a code is spread by an arithmetic shift from the word's upper end.
        word << (Bits * (sizeof(int) - 1 - index)) >> (Bits * (sizeof(int) - 1));

    /// <inheritdoc/>
    public float Scale(ArrayView<float> scales, int token) => scales[token];
}

/// <summary>Numbers of 16 bits, IEEE binary16.</summary>
internal readonly struct HalfNumbers : IKeyNumbers
{
    private const int Bits = 16;

    /// <inheritdoc/>
    public int PerWord => sizeof(int) / sizeof(ushort);

    /// <inheritdoc/>
    public float Of(int word, int index) => Interop.IntAsFloat((ushort)(word >> (Bits * index)));

    /// <inheritdoc/>
    public float Scale(ArrayView<float> scales, int token) => 1;
}
