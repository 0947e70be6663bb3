using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Training.Infini;

/// <summary>The adapter that a training begins with.</summary>
/// <param name="Changes">LoRA adapters of some or all projections; the others begin at nothing.</param>
/// <param name="Gates">The gates; null where the adapter is of a model without compressive memory.</param>
internal sealed record StartingAdapter(IReadOnlyList<LoraAdapter> Changes, InfiniGates? Gates)
{
    /// <summary>Reads an adapter.</summary>
    /// <param name="path">
    /// A file that this command wrote, or a folder in the layout of PEFT: <c>adapter_config.json</c> and
    /// <c>adapter_model.safetensors</c>.
    /// </param>
    /// <param name="model">The model that it is for.</param>
    /// <exception cref="TrainingException">The adapter does not fit.</exception>
    /// <exception cref="Inference.Checkpoints.CheckpointException">A file is damaged or for another model.</exception>
    public static StartingAdapter Load(string path, TrainedModel model)
    {
        var config = DecoderConfig.Load(model.Folder);
        if (Directory.Exists(path))
        {
            return new StartingAdapter(PeftAdapter.Load(path, config), Gates: null);
        }

        var adapter = InfiniAdapter.Load(path, config, model.Weights);
        return new StartingAdapter(adapter.Changes, adapter.Gates);
    }
}
