using McpLongContext.Inference.Llama;
using McpLongContext.Kernels;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>The rotation by position that a model was trained with: that of its queries and of its keys.</summary>
internal static class Rotation
{
    /// <summary>A table of a model.</summary>
    public static RotaryTable Of(LlamaConfig config)
    {
        var scaling = config.RotaryScaling;
        return new RotaryTable(scaling.Frequencies(config.HeadDim, config.RopeTheta), scaling.AttentionFactor);
    }
}
