using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;

namespace McpLongContext.Training.Infini;

/// <summary>The adapter of a training as it would be installed: the one to be measured, and the best one.</summary>
/// <param name="folder">The training's folder.</param>
/// <param name="weights">The SHA-256 of the model's weights.</param>
internal sealed class AdapterFile(string folder, string weights)
{
    /// <summary>The best adapter.</summary>
    public string Best { get; } = Path.Combine(folder, InfiniAdapter.FileName);

    private string Candidate => Best + ".candidate";

    /// <summary>Writes the adapter to be measured.</summary>
    /// <exception cref="TrainingException">The file cannot be written.</exception>
    public void Write(InfiniDecoder model, InfiniSettings settings, TrainingState state)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["steps"] = $"{state.Step}",
            ["seed"] = $"{settings.Seed}",
            ["tasks"] = string.Join(' ', settings.Tasks),
            ["rank"] = $"{settings.Adapter.Rank}",
        };
        AtomicFile.Write(
            Candidate,
            stream =>
                InfiniAdapterWriter.Write(
                    stream,
                    model.Config,
                    weights,
                    settings.Adapter.Rule,
                    settings.SegmentTokens,
                    AdapterExport.Betas(model),
                    AdapterExport.Changes(model),
                    notes
                )
        );
    }

    /// <summary>Reads it as the engine does.</summary>
    public InfiniAdapter Read(DecoderConfig config) => InfiniAdapter.Load(Candidate, config, weights);

    /// <summary>Makes it the best one.</summary>
    public void Keep() => File.Move(Candidate, Best, overwrite: true);
}
