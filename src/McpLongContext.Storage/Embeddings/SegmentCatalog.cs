using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>
/// The tables that say which segment holds the embeddings of which passages. A row covers a contiguous run of a
/// content's passages; rows of one content never overlap.
/// </summary>
internal static class SegmentCatalog
{
    /// <summary>
    /// Adds a segment and points the passages that have no embeddings yet to it; for a write transaction.
    /// </summary>
    /// <returns>Whether any passage needed it.</returns>
    public static bool Add(
        Database database,
        long encoder,
        SegmentLayout layout,
        string file,
        IEnumerable<SegmentRun> runs
    )
    {
        var segment = InsertSegment(database, encoder, layout, file);
        var added = runs.SelectMany(run => Gaps(database, encoder, run))
            .Count(gap => Insert(database, encoder, gap, segment));
        if (added == 0)
        {
            database.Prepare("DELETE FROM segments WHERE id = ?1").Bind(1, segment).Run();
        }

        return added > 0;
    }

    /// <summary>
    /// Moves the references to runs of some segments to their copies in a new one, and forgets the old segments; for
    /// a write transaction. References that vanished meanwhile stay away.
    /// </summary>
    /// <returns>Whether the old segments were all there still; otherwise nothing is changed.</returns>
    public static bool Exchange(
        Database database,
        IReadOnlyList<LiveSegment> replaced,
        SegmentLayout layout,
        string file,
        IReadOnlyList<(SegmentRun Run, LiveSegment From)> sources,
        IReadOnlyList<SegmentRun> copies
    )
    {
        if (!replaced.All(segment => Exists(database, segment.Id)))
        {
            return false;
        }

        var target = InsertSegment(database, replaced[0].EncoderId, layout, file);
        Span<byte> key = stackalloc byte[ContentKey.Size];
        for (var i = 0; i < copies.Count; i++)
        {
            copies[i].Content.CopyTo(key);
            database
                .Prepare(
                    "UPDATE states SET segment_id = ?1, first_slot = ?2 "
                        + "WHERE encoder_id = ?3 AND content_key = ?4 AND first_ordinal = ?5 AND segment_id = ?6"
                )
                .Bind(1, target)
                .Bind(2, copies[i].FirstSlot)
                .Bind(3, replaced[0].EncoderId)
                .BindBlob(4, key)
                .Bind(5, copies[i].FirstOrdinal)
                .Bind(6, sources[i].From.Id)
                .Run();
        }

        foreach (var segment in replaced)
        {
            RemoveSegment(database, segment.Id);
        }

        return true;
    }

    /// <summary>Forgets all runs of a segment, so that their passages are pending again.</summary>
    public static void RemoveSegment(Database database, long segment)
    {
        database.Prepare("DELETE FROM states WHERE segment_id = ?1").Bind(1, segment).Run();
        database.Prepare("DELETE FROM segments WHERE id = ?1").Bind(1, segment).Run();
    }

    private static bool Exists(Database database, long segment)
    {
        using var row = database.Prepare("SELECT 1 FROM segments WHERE id = ?1").Bind(1, segment);
        return row.Step();
    }

    private static long InsertSegment(Database database, long encoder, SegmentLayout layout, string file)
    {
        database
            .Prepare("INSERT INTO segments VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")
            .Bind(1, file)
            .Bind(2, encoder)
            .Bind(3, layout.FileBytes)
            .Bind(4, layout.Passages)
            .Bind(5, layout.Tokens)
            .Run();
        return database.LastInsertId;
    }

    private static bool Insert(Database database, long encoder, SegmentRun run, long segment)
    {
        Span<byte> key = stackalloc byte[ContentKey.Size];
        run.Content.CopyTo(key);
        database
            .Prepare("INSERT INTO states VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(1, encoder)
            .BindBlob(2, key)
            .Bind(3, run.FirstOrdinal)
            .Bind(4, run.Passages)
            .Bind(5, segment)
            .Bind(6, run.FirstSlot)
            .Run();
        return true;
    }

    /// <summary>The parts of a run that no row covers.</summary>
    private static List<SegmentRun> Gaps(Database database, long encoder, SegmentRun run)
    {
        var gaps = new List<SegmentRun>();
        Span<byte> key = stackalloc byte[ContentKey.Size];
        run.Content.CopyTo(key);
        var next = run.FirstOrdinal;
        var end = run.FirstOrdinal + run.Passages;
        using var rows = database
            .Prepare(
                "SELECT first_ordinal, passage_count FROM states "
                    + "WHERE encoder_id = ?1 AND content_key = ?2 ORDER BY first_ordinal"
            )
            .Bind(1, encoder)
            .BindBlob(2, key);
        while (rows.Step())
        {
            AddGap(Math.Min(rows.Int32(0), end));
            next = Math.Max(next, rows.Int32(0) + rows.Int32(1));
        }

        AddGap(end);
        return gaps;

        void AddGap(int until)
        {
            if (next < until)
            {
                gaps.Add(new SegmentRun(run.Content, next, until - next, run.FirstSlot + next - run.FirstOrdinal));
            }
        }
    }
}
