using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Reads segments and computes gradients in the memory of one layer: of each layer the input alone is kept, and what
/// gradients need is computed again, layer after layer from the last (gradient checkpointing, Chen et al., arXiv
/// 1604.06174).
/// </summary>
/// <param name="model">The model.</param>
internal sealed class LayerwiseReading(InfiniDecoder model)
{
    private readonly List<Tensor> _inputs = []; // [layers][batch, segments, tokens, hidden]
    private Tensor? _weights;
    private Tensor? _output;

    /// <summary>Reads successive segments, all of them inside the attention of each layer.</summary>
    /// <param name="tokens">[batch, segments, tokens], int64.</param>
    /// <param name="weights">[batch, segments], as <see cref="DifferentiableMemory.Write"/> takes them.</param>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    /// <returns>[batch, segments, tokens, hidden], where a loss begins.</returns>
    public Tensor Read(Tensor tokens, Tensor? weights, CancellationToken cancellation = default)
    {
        _inputs.Clear();
        _weights = weights;
        using var frozen = no_grad();
        var states = model.Embed(tokens);
        for (var layer = 0; layer < model.Layers.Count; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            _inputs.Add(states);
            using var scope = NewDisposeScope();
            states = model.ReadLayer(layer, states, before: null, weights).States.MoveToOuterDisposeScope();
        }

        return _output = states.detach().requires_grad_();
    }

    /// <summary>
    /// Goes on from the gradient of what <see cref="Read"/> returned to those of the parameters, to which it adds.
    /// </summary>
    /// <param name="cancellation">Breaks it off between two layers.</param>
    public void Backward(CancellationToken cancellation = default)
    {
        var gradient = _output!.grad!;
        for (var layer = model.Layers.Count - 1; layer >= 0; layer--)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var input = _inputs[layer].detach().requires_grad_();
            var (output, _) = model.ReadLayer(layer, input, before: null, _weights);
            // Its gradient with respect to the output is the one that is given.
            (output * gradient)
                .sum()
                .backward();
            gradient = input.grad!.MoveToOuterDisposeScope();
        }
    }
}
