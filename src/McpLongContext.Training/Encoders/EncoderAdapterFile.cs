using McpLongContext.Inference.Bert;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules.Bert;

namespace McpLongContext.Training.Encoders;

/// <summary>The adapter of a training as it would be installed: the one to be measured, and the best one.</summary>
/// <param name="folder">The training's folder.</param>
/// <param name="weights">The SHA-256 of the encoder's weights.</param>
internal sealed class EncoderAdapterFile(string folder, string weights)
{
    /// <summary>The best adapter.</summary>
    public string Best { get; } = Path.Combine(folder, EncoderAdapter.FileName);

    private string Candidate => Best + ".candidate";

    /// <summary>Writes the adapter to be measured.</summary>
    /// <exception cref="TrainingException">The file cannot be written.</exception>
    public void Write(BertModule model, EncoderSettings settings, TrainingState state)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["steps"] = $"{state.Step}",
            ["seed"] = $"{settings.Seed}",
            ["pairs"] = string.Join(' ', settings.Pairs),
            ["rank"] = $"{settings.Adapter.Rank}",
        };
        AtomicFile.Write(
            Candidate,
            stream =>
                EncoderAdapterWriter.Write(
                    stream,
                    model.Config,
                    weights,
                    model.ExportChanges(),
                    model.ExportProjection(),
                    notes
                )
        );
    }

    /// <summary>Reads it as the engine does.</summary>
    public EncoderAdapter Read(BertConfig config) => EncoderAdapter.Load(Candidate, config, weights);

    /// <summary>Makes it the best one.</summary>
    public void Keep() => File.Move(Candidate, Best, overwrite: true);
}
