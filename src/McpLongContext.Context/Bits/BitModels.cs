using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Bits;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Bits;

/// <summary>The installed bit models. The one that is shipped with the program is installed when it is first
/// needed.</summary>
internal sealed class BitModels(ModelStore models)
{
    /// <summary>The model that is shipped.</summary>
    public const string Shipped = "bits-source";

    private static readonly string s_shippedFolder = Path.Combine(AppContext.BaseDirectory, "config", "bits", Shipped);

    /// <summary>Loads a model; it is small, so nothing is kept.</summary>
    /// <param name="name">The model; <see langword="null"/> for the first installed one, or the shipped one.</param>
    /// <param name="cancellation">Ends an installation.</param>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    /// <exception cref="ModelException">The model is damaged.</exception>
    public async Task<LoadedBitModel> LoadAsync(string? name, CancellationToken cancellation)
    {
        var installed = await FindAsync(name, cancellation);
        try
        {
            var path = BitTransformerConfig.FindFile(installed.Folder)!;
            var trained = BitTransformer.Load(path);
            var positions = PositionFile.Read(installed.Folder);
            var expanded = positions is null ? trained : positions.Apply(trained);
            var model = BitChunkFile.Apply(installed.Folder, expanded);
            var config = model.Config;
            var weights = installed.Entry.Files.First(file => file.Name == Path.GetFileName(path)).Sha256;
            return new LoadedBitModel(
                installed.Name,
                $"{weights} {config.MaxLength} {config.ChunkSize} {config.ChunkOverlap}",
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
    public async Task<ChunkingReport> SetChunksAsync(ChunkingRequest request, CancellationToken cancellation)
    {
        if (request.ApplyToExisting)
        {
            throw new ContextException("apply_to_existing: a bit model keeps nothing that it has read; leave it out.");
        }

        var installed = await FindAsync(request.Model, cancellation);
        var config = (await LoadAsync(request.Model, cancellation)).Model.Config;
        if (request.ChunkSize is not null || request.Overlap is not null)
        {
            var size = request.ChunkSize ?? config.ChunkSize;
            Limits.Require("chunk_size", size, ChunkSettings.MinSize, config.MaxLength);
            if (request.Overlap is { } share && !(share is >= 0 and <= ChunkSettings.MaxOverlap))
            {
                throw new ContextException($"overlap: {share} is out of range; use 0 to {ChunkSettings.MaxOverlap}.");
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

    private async Task<InstalledModel> FindAsync(string? name, CancellationToken cancellation)
    {
        var all = models.List().Where(model => model.Entry.Purpose == ModelEntry.Bits).ToList();
        var found = name is null ? all.FirstOrDefault() : all.Find(model => model.Name == name);
        if (found is null && name is null or Shipped && Directory.Exists(s_shippedFolder))
        {
            found = await models.InstallAsync(s_shippedFolder, progress: null, cancellation);
        }

        return found
            ?? throw new ContextException(
                $"model: {(name is null ? "no bit model is installed" : $"'{name}' is no installed bit model")}; "
                    + (all.Count > 0 ? $"use {string.Join(" or ", all.Select(model => model.Name))}, or " : "")
                    + "train one with `mcp-long-context-train bits FOLDER` and install it with `mcp-long-context models "
                    + "install FILE`."
            );
    }
}
