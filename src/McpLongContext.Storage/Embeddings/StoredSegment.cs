using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>A published segment as the catalog knows it.</summary>
/// <param name="Id">The row.</param>
/// <param name="File">The name of the file.</param>
/// <param name="EncoderId">The row of its encoder.</param>
/// <param name="Runs">The runs in it that are in use, in the order of their slots.</param>
internal sealed record StoredSegment(long Id, string File, long EncoderId, List<SegmentRun> Runs)
{
    /// <summary>All of them, in the order of their publication.</summary>
    public static List<StoredSegment> List(Database database)
    {
        var segments = new List<StoredSegment>();
        using (var rows = database.Prepare("SELECT id, file, encoder_id FROM segments ORDER BY id"))
        {
            while (rows.Step())
            {
                segments.Add(new StoredSegment(rows.Int64(0), rows.Text(1), rows.Int64(2), []));
            }
        }

        var byId = segments.ToDictionary(segment => segment.Id);
        using var runs = database.Prepare(
            "SELECT segment_id, content_key, first_ordinal, passage_count, first_slot FROM states ORDER BY first_slot"
        );
        while (runs.Step())
        {
            if (byId.TryGetValue(runs.Int64(0), out var segment))
            {
                var content = ContentKey.Stored(runs.Bytes(1));
                segment.Runs.Add(new SegmentRun(content, runs.Int32(2), runs.Int32(3), runs.Int32(4)));
            }
        }

        return segments;
    }
}
