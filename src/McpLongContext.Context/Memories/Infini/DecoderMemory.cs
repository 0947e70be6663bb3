using McpLongContext.Context.Decoders;
using McpLongContext.Inference;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Storage.CompressiveMemories;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>The requirements of a decoder's compressive memory: its adapter and what the two name it by.</summary>
internal sealed class DecoderMemory
{
    private readonly Decoder _model;

    /// <summary>Joins a model and its adapter.</summary>
    /// <param name="model">The model, without the adapter's changes.</param>
    /// <param name="adapter">The adapter, or none.</param>
    /// <param name="identity">Names the model, its weights, its arithmetic and its positions.</param>
    private DecoderMemory(Decoder model, InfiniAdapter adapter, string identity)
    {
        _model = adapter.Apply(model);
        Adapter = adapter;
        var config = model.Config;
        Profile = new CompressiveMemoryProfile
        {
            Model = identity,
            Adapter = adapter.Identity,
            Layers = config.LayerCount,
            Heads = config.KeyValueHeadCount,
            HeadDim = config.HeadDim,
            Rule = (int)adapter.Rule,
        };
    }

    /// <summary>Joins a decoder and the adapter that lies in its folder now, if there is one.</summary>
    /// <exception cref="ModelException">The adapter is damaged, or for another model.</exception>
    public static DecoderMemory Of(LoadedDecoder decoder)
    {
        var (installed, model) = (decoder.Installed, decoder.Model);
        var path = Path.Combine(installed.Folder, InfiniAdapter.FileName);
        try
        {
            var weights = installed.Entry.Files.MaxBy(file => file.Size)!;
            var adapter = File.Exists(path)
                ? InfiniAdapter.Load(path, model.Config, weights.Sha256!)
                : InfiniAdapter.None(model.Config);
            return new DecoderMemory(model, adapter, decoder.Identity.ToString());
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"The adapter of {decoder.Name} cannot be used: {error.Message}. Replace it, or remove the file to use the "
                    + "model without.",
                error
            );
        }
    }

    /// <summary>The adapter, or none.</summary>
    public InfiniAdapter Adapter { get; }

    /// <summary>Names the compressive memories in datastores, one in each.</summary>
    public CompressiveMemoryProfile Profile { get; }

    /// <summary>A compressive memory with what was stored.</summary>
    /// <param name="state">As it was stored; <see langword="null"/>: it is empty.</param>
    public CompressiveMemory Restore(ReadOnlySpan<float> state)
    {
        var memory = Adapter.CreateMemory(_model.Config);
        if (!state.IsEmpty)
        {
            memory.Restore(state);
        }

        return memory;
    }

    /// <summary>A sequence that reads a compressive memory and writes what leaves its window into it.</summary>
    public DecoderSession CreateSession(CompressiveMemory memory) =>
        _model.CreateSession(Adapter.Attend(_model.Config, memory));

    /// <summary>Reads a text into a compressive memory, as a sequence of its own.</summary>
    /// <exception cref="OperationCanceledException">
    /// Canceled; the compressive memory holds a part of the text.
    /// </exception>
    public void Remember(CompressiveMemory memory, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        var attention = Adapter.Attend(_model.Config, memory);
        using var session = _model.CreateSession(attention, _model.Config.LayerCount - 1, threads: null);
        session.Forward(tokens, [], cancellation);
        attention.EndSegment();
    }
}
