using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Bits;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Bits;

/// <summary>The installed bit models, and what was measured of them on this machine.</summary>
internal sealed class BitModels(ModelStore models, LongContextOptions options)
{
    /// <summary>The defaults of this machine; <see langword="null"/> where nothing was measured.</summary>
    /// <exception cref="ModelException">The file of the defaults is damaged.</exception>
    public BitDefaults? Defaults() => BitDefaults.Read(options.Home);

    /// <summary>Loads a model; it is small, so nothing is kept.</summary>
    /// <param name="name">The model; <see langword="null"/> for the first installed one.</param>
    /// <param name="precision">The arithmetic of its linear layers.</param>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    /// <exception cref="ModelException">The model is damaged.</exception>
    public LoadedBitModel Load(string? name, Precision precision = Precision.Float32)
    {
        var installed = Find(name);
        try
        {
            var path = BitTransformerConfig.FindFile(installed.Folder)!;
            var trained = BitTransformer.Load(path, precision);
            var positions = PositionFile.Read(installed.Folder);
            var expanded = positions is null ? trained : positions.Apply(trained);
            var model = BitChunkFile.Apply(installed.Folder, expanded);
            var config = model.Config;
            var weights = installed.Entry.Files.First(file => file.Name == Path.GetFileName(path)).Sha256;
            return new LoadedBitModel(
                installed.Name,
                $"{weights} {config.MaxLength} {config.ChunkSize} {config.ChunkOverlap}"
                    + (precision == Precision.Float32 ? "" : $" {precision}"),
                model
            );
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"The model {installed.Name} cannot be used: {error.Message}. Remove it and install it again.",
                error
            );
        }
    }

    /// <summary>Sets the chunks of attention of a model, in bits.</summary>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public ChunkingReport SetChunks(ChunkingRequest request)
    {
        if (request.ApplyToExisting)
        {
            throw new ContextException("apply_to_existing: a bit model keeps nothing that it has read; leave it out.");
        }

        var installed = Find(request.Model);
        var config = Load(request.Model).Model.Config;
        if (request.ChunkSize is not null || request.Overlap is not null)
        {
            var size = request.ChunkSize ?? config.ChunkSize;
            Limits.Require("chunk_size", size, ChunkSettings.MinSize, config.MaxLength);
            if (request.Overlap is { } share && !(share is >= 0 and <= 1))
            {
                throw new ContextException($"overlap: {share} is out of range; use 0 to 1.");
            }

            var overlap = request.Overlap is { } given ? (int)(size * given) : Math.Min(size, config.ChunkOverlap);
            BitChunkFile.Write(installed.Folder, size, overlap);
            config = config with { ChunkSize = size, ChunkOverlap = overlap };
        }

        var whole = config.ChunkSize == 0 ? config.MaxLength : config.ChunkSize;
        return new ChunkingReport(request.Datastore, whole, (double)config.ChunkOverlap / whole, 0, Job: null)
        {
            Model = installed.Name,
        };
    }

    private InstalledModel Find(string? name)
    {
        var all = models.List().Where(model => model.Entry.Purpose == ModelEntry.Bits).ToList();
        var found = name is null ? all.FirstOrDefault() : all.Find(model => model.Name == name);
        return found
            ?? throw new ContextException(
                $"model: {(name is null ? "no bit model is installed" : $"'{name}' is no installed bit model")}; "
                    + (all.Count > 0 ? $"use {string.Join(" or ", all.Select(model => model.Name))}, or " : "")
                    + "install the one that is shipped with `mcp-long-context models install bits`, or train one with "
                    + "`mcp-long-context-train bits FOLDER` and install its file."
            );
    }
}
