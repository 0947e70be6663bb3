using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.States;

/// <summary>
/// The tables that say which segment holds the states of which passages. A row covers a contiguous run of a content's
/// passages; rows of one content never overlap.
/// </summary>
internal static class StateCatalog
{
    /// <summary>Adds a segment and points the passages that have no states yet to it; for a write transaction.</summary>
    /// <returns>Whether any passage needed it.</returns>
    public static bool Add(
        Database database,
        long encoder,
        SegmentLayout layout,
        string file,
        IEnumerable<StateRun> runs
    )
    {
        long segment = InsertSegment(database, encoder, layout, file);
        int added = runs.SelectMany(run => Gaps(database, encoder, run))
            .Count(gap => Insert(database, encoder, gap, segment));
        if (added == 0)
        {
            database.Prepare("DELETE FROM segments WHERE id = ?1").Bind(1, segment).Run();
        }

        return added > 0;
    }

    public static long InsertSegment(Database database, long encoder, SegmentLayout layout, string file)
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

    public static bool Insert(Database database, long encoder, StateRun run, long segment)
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
    private static List<StateRun> Gaps(Database database, long encoder, StateRun run)
    {
        var gaps = new List<StateRun>();
        Span<byte> key = stackalloc byte[ContentKey.Size];
        run.Content.CopyTo(key);
        int next = run.FirstOrdinal;
        int end = run.FirstOrdinal + run.Passages;
        using Statement rows = database
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
                gaps.Add(new StateRun(run.Content, next, until - next, run.FirstSlot + next - run.FirstOrdinal));
            }
        }
    }
}
