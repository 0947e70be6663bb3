using System.Security.Cryptography;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Infini;
using McpLongContext.Training.Loop;
using McpLongContext.Training.Modules;
using TorchSharp;

namespace McpLongContext.Training.Language;

/// <summary>A whole training of a language model, from the folder it begins with to the folder that is installed.</summary>
/// <param name="start">The model that training begins with.</param>
/// <param name="folder">Where everything is kept that belongs to this training.</param>
/// <param name="settings">How to train.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="time">The clock.</param>
internal sealed class LanguageTraining(
    TrainedModel start,
    string folder,
    LanguageSettings settings,
    int threads,
    TimeProvider time
)
{
    /// <summary>The folder of the model that was best on what is held out.</summary>
    public string Best { get; } = Path.Combine(folder, "best");

    /// <summary>Trains, or continues with a training that was broken off.</summary>
    /// <param name="sources">Makes the source of sequences for the model's tokenizer.</param>
    /// <param name="progress">Told after every step and evaluation.</param>
    /// <param name="cancellation">Breaks it off, as <see cref="TrainingLoop.Run"/> says.</param>
    /// <returns>How far it came.</returns>
    /// <exception cref="TrainingException">Something is wrong that can be fixed; the last good checkpoint is
    /// kept.</exception>
    public TrainingState Run(
        Func<Tokenizer, ISequenceSource> sources,
        ITrainingProgress progress,
        CancellationToken cancellation
    )
    {
        Directory.CreateDirectory(Best);
        torch.set_num_threads(threads);
        var tokenizer = ModelTokenizer.Load(start.Folder);
        var source = sources(tokenizer);
        ModelFolder.CopyDescription(start.Folder, Best);
        using var model = InfiniDecoder.LoadWhole(start.Folder, settings.Adapter);
        using var trainer = new LanguageTrainer(model, source, settings, Measure, () => Write(model, Best));
        var length = new LoopSettings(settings.Steps, settings.EvaluateEvery);
        var loop = new TrainingLoop(folder, start.Name, start.Weights, length, time, progress);
        return loop.Run(trainer, cancellation);

        IReadOnlyDictionary<string, double> Measure(TrainingState state, CancellationToken stop) =>
            source is PairSequences pairs
                ? SummaryScores(model, pairs, tokenizer, stop)
                : new Dictionary<string, double>();
    }

    /// <summary>Writes the weights, and the gates as an adapter.</summary>
    private void Write(InfiniDecoder model, string destination)
    {
        ModelFolder.Write(
            destination,
            model.Config,
            (kind, layer) => model.Weights[(kind, layer)].detach().data<float>().ToArray()
        );
        var path = Path.Combine(destination, Inference.Decoders.Checkpoints.DecoderCheckpointWriter.WeightsName);
        using var weights = File.OpenRead(path);
        var identity = Convert.ToHexStringLower(SHA256.HashData(weights));
        AtomicFile.Write(
            Path.Combine(destination, InfiniAdapter.FileName),
            stream =>
                InfiniAdapterWriter.Write(
                    stream,
                    model.Config,
                    identity,
                    settings.Adapter.Rule,
                    settings.SegmentTokens,
                    AdapterExport.Betas(model),
                    []
                )
        );
    }

    /// <summary>Lets the engine summarize what is held out, with the model as it would be installed.</summary>
    private Dictionary<string, double> SummaryScores(
        InfiniDecoder model,
        PairSequences pairs,
        Tokenizer tokenizer,
        CancellationToken cancellation
    )
    {
        var candidate = Path.Combine(folder, "candidate");
        Directory.CreateDirectory(candidate);
        ModelFolder.CopyDescription(start.Folder, candidate);
        Write(model, candidate);
        using var engine = Decoder.Load(candidate, Precision.Float32, threads);
        var gates = InfiniGates.FromBetas(engine.Config, AdapterExport.Betas(model));
        var writer = new SummaryWriter(engine, gates, settings, threads);
        var scores = pairs
            .HeldOut.Take(settings.HeldOut)
            .Select(pair =>
                (
                    Reference: tokenizer.Decode(pair.Summary.AsSpan(0, pair.Summary.Length - 1)),
                    Summary: tokenizer.Decode(writer.Write(pair, tokenizer.Settings.Ends, cancellation))
                )
            )
            .ToList();
        return new Dictionary<string, double>
        {
            ["ROUGE-1"] = scores.Average(one => Rouge.N(one.Reference, one.Summary, 1).F),
            ["ROUGE-2"] = scores.Average(one => Rouge.N(one.Reference, one.Summary, 2).F),
            ["ROUGE-L"] = scores.Average(one => Rouge.L(one.Reference, one.Summary).F),
        };
    }
}
