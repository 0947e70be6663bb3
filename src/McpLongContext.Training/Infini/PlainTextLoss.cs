using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// How far the adapter moves the model on plain text: KL(model without it, model with it) over the next token, in nats
/// (distillation, Hinton et al., arXiv 1503.02531; the model is its own teacher). Zero where plain text is left as it
/// was; about the rise of the logarithm of perplexity otherwise.
/// </summary>
internal static class PlainTextLoss
{
    /// <summary>The loss over the plain positions of a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The examples.</param>
    /// <param name="states">[examples * segments * tokens, hidden], with the adapter.</param>
    /// <param name="expected">As <see cref="Expected"/> gives it; null: it is computed.</param>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    public static Tensor Of(
        InfiniDecoder model,
        Batch batch,
        Tensor states,
        Tensor? expected = null,
        CancellationToken cancellation = default
    )
    {
        if (batch.PlainPositions.numel() == 0)
        {
            return zeros(1).sum();
        }

        var found = model.Logits(states.index_select(0, batch.PlainPositions)).log_softmax(-1);
        return nn.functional.kl_div(
                found,
                expected ?? Expected(model, batch, cancellation),
                reduction: nn.Reduction.Sum,
                log_target: true
            ) / batch.PlainPositions.numel();
    }

    /// <summary>[positions, vocabulary]: the logarithms of what the model expects without the adapter.</summary>
    public static Tensor Expected(InfiniDecoder model, Batch batch, CancellationToken cancellation = default)
    {
        using var frozen = no_grad();
        var states = model.ReadPlain(batch.Tokens, cancellation).reshape(-1, model.Config.HiddenSize);
        return model.Logits(states.index_select(0, batch.PlainPositions)).log_softmax(-1);
    }
}
