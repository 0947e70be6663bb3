using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace McpLongContext.Kernels.Products;

/// <summary>Int8 codes in the words of an integer product: as bytes, or widened to 16 bits.</summary>
internal static class Int8Words
{
    /// <summary>Writes codes, and zeros into what they leave of the last word.</summary>
    public static void Write<TDot, TVector>(ReadOnlySpan<sbyte> codes, Span<int> words)
        where TDot : IDotProduct<TDot, TVector>
        where TVector : unmanaged
    {
        words[^1] = 0;
        if (TDot.Depth == sizeof(int))
        {
            codes.CopyTo(MemoryMarshal.Cast<int, sbyte>(words));
        }
        else
        {
            TensorPrimitives.ConvertTruncating(codes, MemoryMarshal.Cast<int, short>(words));
        }
    }

    /// <summary>Adds 128 to every byte, which makes them unsigned.</summary>
    public static void MakeUnsigned(Span<int> words) => TensorPrimitives.Xor(words, unchecked((int)0x80808080), words);
}
