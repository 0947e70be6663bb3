using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>Which tokens of a source cross-attention sees in a training step.</summary>
internal interface ISourceSelection
{
    /// <summary>The encoder states that a layer reads.</summary>
    /// <param name="states">[tokens, hidden] of the whole source.</param>
    /// <returns>[tokens, hidden], all of them or some.</returns>
    public Tensor States(Tensor states);

    /// <summary>The scores that the softmax is taken over.</summary>
    /// <param name="scores">[heads, tokens of all targets, source tokens].</param>
    /// <returns>The same, with minus infinity where a head does not attend.</returns>
    public Tensor Scores(Tensor scores);
}
