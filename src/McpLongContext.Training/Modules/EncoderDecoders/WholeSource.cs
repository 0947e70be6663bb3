using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Plain cross-attention: every target token sees every source token.</summary>
internal sealed class WholeSource : ISourceSelection
{
    /// <inheritdoc />
    public Tensor States(Tensor states) => states;

    /// <inheritdoc />
    public Tensor Scores(Tensor scores) => scores;
}
