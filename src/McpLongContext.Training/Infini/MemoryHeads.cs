using McpLongContext.Training.Examples;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Chooses the heads whose gates begin open: in each layer those whose local attention plain text misses least. The
/// start mostly decides which heads become memory heads, and what they gave up has to be made good by the others.
/// </summary>
internal static class MemoryHeads
{
    /// <summary>A gate that lets nothing through.</summary>
    private const float Shut = -30;

    /// <summary>Sets all gates to where training begins.</summary>
    /// <param name="model">The model, as it is without an adapter.</param>
    /// <param name="batch">Plain text.</param>
    /// <param name="settings">How many heads, and their betas.</param>
    /// <returns>[layers][heads]: the loss on plain text with the gate of this head alone open.</returns>
    public static double[][] Choose(InfiniDecoder model, Batch batch, AdapterSettings settings)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var gate in model.Gates)
        {
            gate.fill_(Shut);
        }

        var expected = PlainTextLoss.Expected(model, batch);
        var losses = model
            .Gates.Select(gate =>
                Enumerable
                    .Range(0, model.Config.HeadCount)
                    .Select(head =>
                    {
                        using var one = NewDisposeScope();
                        gate[head] = settings.OpenBeta;
                        var states = SegmentReader.Read(model, batch, horizon: null);
                        var loss = PlainTextLoss.Of(model, batch, states, expected).item<float>();
                        gate[head] = Shut;
                        return (double)loss;
                    })
                    .ToArray()
            )
            .ToArray();
        foreach (var (gate, loss) in model.Gates.Zip(losses))
        {
            gate.copy_(tensor(StartingBetas(loss, settings)));
        }

        return losses;
    }

    private static float[] StartingBetas(double[] losses, AdapterSettings settings)
    {
        var open = settings.OpenHeads(losses.Length);
        var betas = Enumerable.Repeat(settings.ClosedBeta, losses.Length).ToArray();
        foreach (var (_, head) in losses.Select((loss, head) => (loss, head)).Order().Take(open))
        {
            betas[head] = settings.OpenBeta;
        }

        return betas;
    }
}
