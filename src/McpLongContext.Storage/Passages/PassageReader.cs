using System.Diagnostics.CodeAnalysis;
using System.Text;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Passages;

/// <summary>Reads passages of one published generation.</summary>
public sealed class PassageReader
{
    private const string Columns =
        "SELECT id, document_id, start_line, end_line, text, context, checksum FROM passages ";

    private readonly Database _database;

    internal PassageReader(Database database) => _database = database;

    /// <summary>The passage with this id.</summary>
    /// <exception cref="DatastoreException">There is none, or it is damaged.</exception>
    public Passage Get(long id)
    {
        using var row = _database.Prepare(Columns + "WHERE id = ?1").Bind(1, id);
        return row.Step()
            ? Read(row)
            : throw new DatastoreException(
                $"The datastore has no passage {id}. Ask again: it was removed or replaced."
            );
    }

    /// <summary>Reads a passage; <see langword="false"/> when it is not there or damaged.</summary>
    public bool TryGet(long id, [NotNullWhen(true)] out Passage? passage)
    {
        try
        {
            using var row = _database.Prepare(Columns + "WHERE id = ?1").Bind(1, id);
            passage = row.Step() ? Read(row) : null;
        }
        catch (DatastoreCorruptException)
        {
            passage = null;
        }

        return passage is not null;
    }

    /// <summary>
    /// The passages with ids from <paramref name="first"/> to <paramref name="last"/>, inclusive, without those that
    /// are not there or damaged.
    /// </summary>
    public IEnumerable<Passage> WholeBetween(long first, long last)
    {
        for (var id = first; id <= last; id++)
        {
            if (TryGet(id, out var passage))
            {
                yield return passage;
            }
        }
    }

    /// <summary>The passages of a document, in order.</summary>
    public IReadOnlyList<Passage> Of(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return Between(document.FirstPassage, document.FirstPassage + document.PassageCount - 1);
    }

    /// <summary>The passages with ids from <paramref name="first"/> to <paramref name="last"/>, inclusive.</summary>
    public IReadOnlyList<Passage> Between(long first, long last)
    {
        var passages = new List<Passage>();
        using var rows = _database
            .Prepare(Columns + "WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
            .Bind(1, first)
            .Bind(2, last);
        while (rows.Step())
        {
            passages.Add(Read(rows));
        }

        return passages;
    }

    /// <summary>The whole text of a document.</summary>
    public string TextOf(Document document)
    {
        var text = new StringBuilder();
        foreach (var passage in Of(document))
        {
            text.Append(passage.Text);
        }

        return text.ToString();
    }

    private Passage Read(Statement row)
    {
        if (PassageChecksum.Of(row) != row.Int64(6))
        {
            throw new DatastoreCorruptException(
                $"Passage {row.Int64(0)} in '{_database.Path}' is damaged. "
                    + "Verify the datastore with repair, then ingest its document again."
            );
        }

        return new Passage(row.Int64(0), row.Int64(1), row.Int32(2), row.Int32(3), row.Text(4), row.Text(5));
    }
}
