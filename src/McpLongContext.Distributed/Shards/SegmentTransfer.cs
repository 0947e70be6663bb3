using McpLongContext.Distributed.Messages;
using McpLongContext.Storage;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Distributed.Shards;

/// <summary>Copies the embeddings of a copy of a shard into a datastore, segment by segment, without encoding.</summary>
internal static class SegmentTransfer
{
    private const int Attempts = 4;

    /// <summary>
    /// Copies all segments; passages that have embeddings already keep them. Segments that the source merges meanwhile are
    /// copied as merged.
    /// </summary>
    /// <exception cref="ShardUnavailableException">The source does not answer, or merges too often.</exception>
    public static async Task CopyAsync(IShardGrain source, Datastore target, ScratchFiles scratch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await CopyOnceAsync(source, target, scratch);
                return;
            }
            catch (ShardUnavailableException) when (attempt < Attempts)
            {
                // Those that were copied stay.
            }
        }
    }

    private static async Task CopyOnceAsync(IShardGrain source, Datastore target, ScratchFiles scratch)
    {
        if (await source.SegmentsAsync() is not { } segments)
        {
            return;
        }

        var profile = new EmbeddingProfile
        {
            Key = segments.Encoder,
            Mean = segments.Mean,
            Deviation = segments.Deviation,
        };
        foreach (var file in segments.Files)
        {
            await using var spool = new FileStream(
                scratch.NewPath(),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Options = FileOptions.DeleteOnClose,
                }
            );
            while (await source.ReadSegmentAsync(file, spool.Length) is { Length: > 0 } part)
            {
                await spool.WriteAsync(part);
            }

            spool.Position = 0;
            target.Adopt(profile, spool);
        }
    }
}
