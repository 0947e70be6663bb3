using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Distributed.Ingestion;

/// <summary>
/// Spreads documents over shards by the hash of their name: the folder and the file. So the same file in several working
/// trees is in one shard, where its passages are shared as in one datastore.
/// </summary>
internal static class ShardOf
{
    /// <summary>The shard of a document.</summary>
    /// <param name="path">The path or name that identifies it.</param>
    /// <param name="shards">The number of shards.</param>
    public static int Document(string path, int shards)
    {
        var parts = path.Split('/', '\\');
        var name = string.Join('/', parts.TakeLast(2));
        var hash = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return (int)(hash % (ulong)shards);
    }
}
