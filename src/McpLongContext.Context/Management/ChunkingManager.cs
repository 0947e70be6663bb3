using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Context.Management;

/// <summary>Sets how the documents of a datastore are cut into the inputs of an encoder.</summary>
internal sealed class ChunkingManager(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    Ingestor ingestor,
    BitModels bitModels
)
{
    /// <summary>Sets the chunk settings; existing token embeddings are dropped when they are to follow.</summary>
    /// <exception cref="ContextException">A setting is out of range.</exception>
    public async Task<ChunkingReport> SetAsync(ChunkingRequest request, CancellationToken cancellation)
    {
        if (request.Model is not null)
        {
            return bitModels.SetChunks(request);
        }

        Require("chunk_size", request.ChunkSize, ChunkSettings.MinSize, encoders.Window);
        Require("overlap", request.Overlap, 0, ChunkSettings.MaxOverlap);
        var datastore = datastores.OpenOrCreate(request.Datastore);
        ChunkSettings chunks;
        using (var snapshot = datastore.Snapshot())
        {
            var current = DatastoreRegistry.ChunksOf(snapshot);
            chunks = new ChunkSettings(request.ChunkSize ?? current.Size, request.Overlap ?? current.Overlap);
            if (chunks != current)
            {
                DatastoreRegistry.SetChunks(datastore, chunks);
            }
        }

        if (request.ApplyToExisting && await encoders.FindAsync(cancellation) is { } encoder)
        {
            datastore.DropEmbeddings(encoder.Key);
        }

        var waiting = PendingDocuments.Count(datastore, encoders.Key);
        var job = request.ApplyToExisting ? await ingestor.ResumeAsync(request.Datastore, cancellation) : null;
        return new ChunkingReport(request.Datastore, chunks.Size, chunks.Overlap, waiting, job?.Id);
    }

    private static void Require<T>(string argument, T? value, T least, T most)
        where T : struct, IComparable<T>
    {
        if (value is { } given && !(given.CompareTo(least) >= 0 && given.CompareTo(most) <= 0))
        {
            throw new ContextException($"{argument}: {given} is out of range; use {least} to {most}.");
        }
    }
}
