using McpLongContext.Storage.States;

namespace McpLongContext.Storage.Maintenance;

/// <summary>The planes of segments as the present version has them: as they stand, or recoded from an older version.</summary>
internal sealed class SegmentTranscoder(EncoderProfile encoder)
{
    private readonly StateCodec _states = StateCodec.Of(encoder, StateSegmentLayout.Newest);
    private readonly VectorCodec _vectors = VectorCodec.Of(encoder, StateSegmentLayout.Newest);

    /// <summary>The scales of the vectors of a run's passages.</summary>
    public ReadOnlySpan<float> Scales(StateSegment from, StateRun run) =>
        IsPresent(from) ? from.Scales(run.FirstSlot, run.Passages) : Recode(from, run).Scales;

    /// <summary>The codes of the vectors of a run's passages.</summary>
    public ReadOnlySpan<byte> Pooled(StateSegment from, StateRun run) =>
        IsPresent(from) ? from.Pooled(run.FirstSlot, run.Passages) : Recode(from, run).Codes;

    /// <summary>The refinement plane of some tokens.</summary>
    public ReadOnlySpan<byte> Refinement(StateSegment from, int token, int tokens)
    {
        ReadOnlySpan<byte> stored = from.Refinement(token, tokens);
        if (IsPresent(from))
        {
            return stored;
        }

        (int before, int after) = (from.States.RefinementBytes, _states.RefinementBytes);
        byte[] recoded = new byte[tokens * after];
        for (int t = 0; t < tokens; t++)
        {
            _states.Refine(from.States, stored.Slice(t * before, before), recoded.AsSpan(t * after, after));
        }

        return recoded;
    }

    private static bool IsPresent(StateSegment from) => from.Layout.Version == StateSegmentLayout.Newest;

    private (float[] Scales, byte[] Codes) Recode(StateSegment from, StateRun run)
    {
        float[] scales = new float[run.Passages];
        byte[] codes = new byte[run.Passages * _vectors.Bytes];
        float[] vector = new float[_vectors.Dimensions];
        for (int i = 0; i < scales.Length; i++)
        {
            from.Vectors.Decode(from.Pooled(run.FirstSlot + i, 1), from.Scales(run.FirstSlot + i, 1)[0], vector);
            scales[i] = _vectors.Encode(vector, codes.AsSpan(i * _vectors.Bytes, _vectors.Bytes));
        }

        return (scales, codes);
    }
}
