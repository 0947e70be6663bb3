using System.Collections.Frozen;

namespace McpLongContext.Inference.Checkpoints.Gguf.Blocks;

/// <summary>Finds the decoder of a type.</summary>
internal static class BlockDecoder
{
    private static readonly FrozenDictionary<string, Decoder> s_decoders = new[]
    {
        Of<F32>(),
        Of<F16>(),
        Of<Bf16>(),
        Of<Q40>(),
        Of<Q41>(),
        Of<Q50>(),
        Of<Q51>(),
        Of<Q80>(),
        Of<Q2K>(),
        Of<Q3K>(),
        Of<Q4K>(),
        Of<Q5K>(),
        Of<Q6K>(),
        Of<Iq2Xxs>(),
        Of<Iq4Nl>(),
        Of<Iq4Xs>(),
    }.ToFrozenDictionary();

    /// <summary>Decodes whole blocks to fp32.</summary>
    public delegate void Decoder(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>The names of all types that can be decoded.</summary>
    public static IEnumerable<string> Supported => s_decoders.Keys.Order(StringComparer.Ordinal);

    /// <summary>The decoder of a type, null where there is none.</summary>
    public static Decoder? Find(GgufType type) => s_decoders.GetValueOrDefault(type.Name);

    private static KeyValuePair<string, Decoder> Of<T>()
        where T : IBlockFormat => new(T.Name, T.Decode);
}
