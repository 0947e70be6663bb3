namespace McpLongContext.Storage.States;

/// <summary>
/// Quantises token states. Every codec keeps the signs of (state - mean) in a plane of their own, which a search scans
/// first, and refines them in a second plane, which is read for candidates only.
/// </summary>
internal abstract class StateCodec(int dimensions)
{
    /// <summary>The width of a state.</summary>
    public int Dimensions { get; } = dimensions;

    /// <summary>Bytes of a token in the sign plane: a bit a dimension, in order from the lowest bit on.</summary>
    public int SignBytes => Dimensions / 8;

    /// <summary>Bytes of a token in the refinement plane.</summary>
    public abstract int RefinementBytes { get; }

    /// <summary>The codec of a segment's version.</summary>
    public static StateCodec Of(EncoderProfile profile, int version) =>
        profile.Precision switch
        {
            StatePrecision.TwoBit => new TwoBitCodec(profile, version == 1 ? FactorFormat.Half : FactorFormat.Byte),
            StatePrecision.EightBit => new EightBitCodec(profile),
            _ => throw new DatastoreException(
                $"The states of encoder '{profile.Key}' have the unknown precision {(int)profile.Precision}. "
                    + "Update the program, or remove the datastore and ingest again."
            ),
        };

    /// <summary>Takes over a token's refinement from a segment of an older version, which decodes the same.</summary>
    public abstract void Refine(StateCodec older, ReadOnlySpan<byte> refinement, Span<byte> destination);

    /// <summary>Quantises a state <c>[dimensions]</c>.</summary>
    public abstract void Encode(ReadOnlySpan<float> state, Span<byte> signs, Span<byte> refinement);

    /// <summary>Restores state - mean, <c>[dimensions]</c>, as well as the codes tell.</summary>
    public abstract void Decode(ReadOnlySpan<byte> signs, ReadOnlySpan<byte> refinement, Span<float> centred);
}
