using McpLongContext.Storage.Commits;
using McpLongContext.Storage.CompressiveMemories;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Maintenance;

/// <summary>Checks everything that is stored, and drops what is damaged when asked to.</summary>
internal sealed class Verifier(Datastore datastore, bool repair)
{
    /// <summary>Passages that no document counts among its own would be found and could not be cited.</summary>
    private const string Strays = """
        DELETE FROM passages WHERE NOT EXISTS (
          SELECT 1 FROM documents d WHERE d.id = passages.document_id
            AND passages.id >= d.first_passage AND passages.id < d.first_passage + d.passage_count)
        """;

    private readonly List<DamageReport> _reports = [];
    private readonly List<Action<Database>> _repairs = [];
    private readonly List<string> _retired = [];

    public IReadOnlyList<DamageReport> Run(CancellationToken cancellation)
    {
        using (var snapshot = datastore.Snapshot())
        {
            CheckPages(snapshot.Reader.Path);
            CheckDocuments(snapshot, cancellation);
            CheckIndex(snapshot.Reader);
            CheckCommits(snapshot.Reader);
            CheckEncoders(snapshot.Reader);
            CheckSegments(snapshot, cancellation);
            CheckCompressiveMemories(snapshot.Reader, cancellation);
        }

        if (repair && _repairs.Count > 0)
        {
            datastore.Write(database =>
            {
                _repairs.ForEach(step => step(database));
                database.Execute(Strays);
                LexicalWriter.Rebuild(database);
                CommitTable.Rebuild(database);
                _retired.AddRange(
                    CompressiveMemoryTable
                        .DropStale(database)
                        .Select(file => Path.Combine(datastore.SegmentsFolder, file))
                );
                return true;
            });
            _retired.ForEach(SegmentFolder.TryDelete);
        }

        return _reports;
    }

    private void Report(DamageReport damage, Action<Database>? step)
    {
        _reports.Add(damage with { Repaired = repair && step is not null });
        if (step is not null)
        {
            _repairs.Add(step);
        }
    }

    /// <summary>
    /// SQLite's own check of its pages, tables and indexes, on a connection of its own: one that has read the lexical
    /// index before another rebuilt it would compare its cached structure with the new postings.
    /// </summary>
    private void CheckPages(string path)
    {
        using var fresh = Database.Open(path, create: false);
        using var rows = fresh.Prepare("PRAGMA integrity_check");
        while (rows.Step())
        {
            var finding = rows.Text(0);
            if (finding.Contains("fts5", StringComparison.OrdinalIgnoreCase))
            {
                ReportIndex(path, finding);
            }
            else if (finding is not "ok")
            {
                Report(Damage(DamageCode.Database, path, finding), null);
            }
        }
    }

    private void CheckDocuments(DatastoreSnapshot snapshot, CancellationToken cancellation)
    {
        foreach (var entry in snapshot.Documents.Damaged)
        {
            Report(Damage(DamageCode.DocumentEntry, entry.Path), HandOver(snapshot, entry.Id) + Drop(entry.Id));
        }

        var whole = CountWholePassages(snapshot, cancellation);
        foreach (var document in snapshot.Documents.All)
        {
            var found = document.PassageCount == 0 ? 0 : whole.GetValueOrDefault(document.FirstPassage);
            if (found != document.PassageCount)
            {
                var damage = Damage(DamageCode.Passages, document.Path) with
                {
                    LostPassages = document.PassageCount - found,
                    ExpectedPassages = document.PassageCount,
                };
                Report(damage, Drop(document.Id));
            }
        }

        var next = snapshot.Reader.Scalar("SELECT value FROM counters WHERE key = 'next_passage'") ?? 0;
        var last = snapshot.Reader.Scalar("SELECT coalesce(max(id), 0) FROM passages") ?? 0;
        if (next <= last)
        {
            Report(
                Damage(DamageCode.PassageCounter, snapshot.Reader.Path, $"{next}"),
                database =>
                    database.Execute(
                        "INSERT OR REPLACE INTO counters SELECT 'next_passage', coalesce(max(id), 0) + 1 FROM passages"
                    )
            );
        }
    }

    /// <summary>
    /// By the first passage of a document, its passages that are as they were written. They belong to a document that
    /// has them, even where its entry is damaged.
    /// </summary>
    private static Dictionary<long, int> CountWholePassages(DatastoreSnapshot snapshot, CancellationToken cancellation)
    {
        var damaged = snapshot.Documents.Damaged.Select(entry => entry.Id).ToHashSet();
        var whole = new Dictionary<long, int>();
        using var rows = snapshot.Reader.Prepare(
            "SELECT id, document_id, start_line, end_line, text, context, checksum FROM passages ORDER BY id"
        );
        while (rows.Step())
        {
            cancellation.ThrowIfCancellationRequested();
            var owner = rows.Int64(1);
            var sharing = snapshot.Documents.Sharing(rows.Int64(0));
            if (
                PassageChecksum.Of(rows) == rows.Int64(6)
                && sharing.Any(document => document.Id == owner || damaged.Contains(owner))
            )
            {
                var first = sharing[0].FirstPassage;
                whole[first] = whole.GetValueOrDefault(first) + 1;
            }
        }

        return whole;
    }

    /// <summary>The passages of a damaged entry go to a document that shares them.</summary>
    private static Action<Database>? HandOver(DatastoreSnapshot snapshot, long entry)
    {
        using var row = snapshot
            .Reader.Prepare("SELECT id FROM passages WHERE document_id = ?1 ORDER BY id LIMIT 1")
            .Bind(1, entry);
        return row.Step() && snapshot.Documents.TryFindByPassage(row.Int64(0), out var heir)
            ? database => PassageSharing.HandOver(database, entry, heir.Id)
            : null;
    }

    private static Action<Database> Drop(long document) =>
        database =>
        {
            // Its file no longer counts as read.
            database
                .Prepare("UPDATE source_files SET identity = 0 WHERE path = (SELECT path FROM documents WHERE id = ?1)")
                .Bind(1, document)
                .Run();
            database.Prepare("DELETE FROM passages WHERE document_id = ?1").Bind(1, document).Run();
            database.Prepare("DELETE FROM documents WHERE id = ?1").Bind(1, document).Run();
        };

    private void CheckIndex(Database reader)
    {
        var indexed = reader.Scalar("SELECT count(*) FROM lexical_docsize") ?? 0;
        var passages = reader.Scalar("SELECT count(*) FROM passages") ?? 0;
        if (indexed != passages)
        {
            ReportIndex(reader.Path);
        }
    }

    /// <summary>Every repair ends with a new index, so that this one has no step of its own.</summary>
    private void ReportIndex(string path, string finding = "") =>
        Report(Damage(DamageCode.LexicalIndex, path, finding), static _ => { });

    private void CheckCommits(Database reader)
    {
        if (CommitTable.Damaged(reader) is { Count: > 0 } damaged)
        {
            Report(
                Damage(DamageCode.Commits, reader.Path, $"{damaged.Count}"),
                database => damaged.ForEach(id => CommitTable.Drop(database, id))
            );
        }
    }

    private void CheckEncoders(Database reader)
    {
        var keys = new List<string>();
        using (var rows = reader.Prepare("SELECT key FROM encoders"))
        {
            while (rows.Step())
            {
                keys.Add(rows.Text(0));
            }
        }

        foreach (var key in keys)
        {
            try
            {
                _ = EmbeddingProfile.Find(reader, key);
            }
            catch (DatastoreCorruptException)
            {
                Report(
                    Damage(DamageCode.EmbeddingProfile, reader.Path, key),
                    database => EmbeddingProfile.Drop(database, key)
                );
            }
        }
    }

    private void CheckSegments(DatastoreSnapshot snapshot, CancellationToken cancellation)
    {
        var documents = snapshot.Documents.All.ToLookup(document => document.ContentKey);
        foreach (var segment in StoredSegment.List(snapshot.Reader))
        {
            cancellation.ThrowIfCancellationRequested();
            var path = Path.Combine(datastore.SegmentsFolder, segment.File);
            snapshot.Segments.TryGetValue(segment.Id, out var reader);
            var pages = reader?.DamagedPages().ToList() ?? [];
            var whole = reader is null ? [] : segment.Runs.SelectMany(run => Whole(reader, run, pages)).ToList();
            var lost = segment.Runs.Sum(run => run.Passages) - whole.Sum(run => run.Passages);
            if (lost > 0 || pages.Count > 0 || reader is null)
            {
                var damage = Damage(DamageCode.Segment, path) with
                {
                    LostPassages = lost,
                    Documents =
                    [
                        .. segment
                            .Runs.Where(run => !whole.Contains(run))
                            .SelectMany(run => documents[run.Content])
                            .Select(document => document.Path)
                            .Distinct(),
                    ],
                };
                Report(damage, repair ? Rescue(segment, reader, whole) : static _ => { });
            }
        }
    }

    /// <summary>A damaged compressive memory is dropped as a whole: what it held cannot be told apart.</summary>
    private void CheckCompressiveMemories(Database reader, CancellationToken cancellation)
    {
        foreach (var (id, memory) in CompressiveMemoryTable.Entries(reader))
        {
            cancellation.ThrowIfCancellationRequested();
            if (memory is null)
            {
                Drop(Damage(DamageCode.CompressiveMemoryEntry, reader.Path, $"{id}"), id);
                continue;
            }

            var path = Path.Combine(datastore.SegmentsFolder, memory.File);
            try
            {
                CompressiveMemoryFile.Verify(path);
            }
            catch (Exception e) when (e is FileNotFoundException or DatastoreCorruptException)
            {
                _retired.Add(path);
                Drop(Damage(DamageCode.CompressiveMemoryFile, path, memory.Model), id);
            }
        }

        void Drop(DamageReport damage, long id) =>
            Report(damage, database => CompressiveMemoryTable.Drop(database, id));
    }

    /// <summary>The parts of a run that no damaged page touches.</summary>
    private static IEnumerable<SegmentRun> Whole(
        SegmentReader reader,
        SegmentRun run,
        List<(long First, long End)> pages
    )
    {
        var first = 0;
        var passages = reader.Holds(run) ? run.Passages : 0;
        for (var i = 0; i <= passages; i++)
        {
            if (i == passages || pages.Exists(page => reader.Touches(run.FirstSlot + i, 1, page)))
            {
                if (i > first)
                {
                    yield return new SegmentRun(
                        run.Content,
                        run.FirstOrdinal + first,
                        i - first,
                        run.FirstSlot + first
                    );
                }

                first = i + 1;
            }
        }
    }

    /// <summary>
    /// Copies what is whole of a segment into a new one, which takes its place in the repair's transaction.
    /// </summary>
    private Action<Database> Rescue(StoredSegment segment, SegmentReader? reader, List<SegmentRun> whole)
    {
        _retired.Add(Path.Combine(datastore.SegmentsFolder, segment.File));
        if (reader is null || whole.Count == 0)
        {
            return database => SegmentCatalog.RemoveSegment(database, segment.Id);
        }

        var from = new LiveSegment(segment.Id, segment.EncoderId, reader, segment.Runs);
        var copy = SegmentCopy.Write(datastore.RequireSegmentsFolder(), whole.Select(run => (run, from)).ToList());
        return database =>
        {
            SegmentCatalog.RemoveSegment(database, segment.Id);
            if (!SegmentCatalog.Add(database, segment.EncoderId, copy.Layout, copy.File, copy.Runs))
            {
                _retired.Add(Path.Combine(datastore.SegmentsFolder, copy.File));
            }
        };
    }

    private static DamageReport Damage(DamageCode code, string where, string subject = "") =>
        new(code, where, Repaired: false) { Subject = subject };
}
