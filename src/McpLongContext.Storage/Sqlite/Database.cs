using SQLitePCL;
using static SQLitePCL.raw;

namespace McpLongContext.Storage.Sqlite;

/// <summary>
/// One connection to a database file: statements over spans, errors as <see cref="DatastoreException"/>. It is thinner
/// than ADO.NET on purpose, because the lexical index binds UTF-8 from its own buffers. Not thread-safe.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int PatienceMilliseconds = 30_000;

    private readonly sqlite3 _handle;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private int _transactionDepth;

    static Database() => Batteries_V2.Init();

    private Database(string path, sqlite3 handle)
    {
        Path = path;
        _handle = handle;
    }

    /// <summary>The database file.</summary>
    public string Path { get; }

    /// <summary>The row id of the last insertion.</summary>
    public long LastInsertId => sqlite3_last_insert_rowid(_handle);

    /// <summary>Opens the file, created when it is missing and <paramref name="create"/> allows it.</summary>
    /// <exception cref="DatastoreException">The file is missing, is no database or cannot be written.</exception>
    public static Database Open(string path, bool create)
    {
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
        var code = sqlite3_open_v2(path, out var handle, flags, null);
        var database = new Database(path, handle);
        try
        {
            database.Check(code);
            _ = sqlite3_extended_result_codes(handle, 1);
            // A writer waits for the other processes' short transactions; far longer ones are a defect.
            _ = sqlite3_busy_timeout(handle, PatienceMilliseconds);
            database.Execute("PRAGMA journal_mode = WAL");
            // Acknowledged means durable: each commit syncs the log.
            database.Execute("PRAGMA synchronous = FULL");
            database.Execute("PRAGMA foreign_keys = ON");
            database.Execute("PRAGMA cache_size = -16384");
            // 32 MB: the pages that every batch of an ingest changes are copied from the log less often.
            database.Execute("PRAGMA wal_autocheckpoint = 8000");
            database.Execute("PRAGMA temp_store = MEMORY");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The statement of this text, prepared once; the caller resets it by disposing.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(sqlite3_prepare_v3(_handle, sql, SQLITE_PREPARE_PERSISTENT, out var handle));
            statement = new Statement(this, handle);
            _statements.Add(sql, statement);
        }

        statement.Begin();
        return statement;
    }

    /// <summary>Runs a statement to its end.</summary>
    public void Execute(string sql) => Check(sqlite3_exec(_handle, sql));

    /// <summary>The first column of the first row, or <see langword="null"/> without a row.</summary>
    public long? Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : null;
    }

    /// <summary>
    /// Runs <paramref name="work"/> in a write transaction: all of it becomes durable, or nothing happens. The write
    /// lock is taken at once, so that the work never fails halfway because another process writes. Calls may nest.
    /// </summary>
    public T Write<T>(Func<T> work)
    {
        if (_transactionDepth > 0)
        {
            return work();
        }

        Execute("BEGIN IMMEDIATE");
        _transactionDepth++;
        try
        {
            var result = work();
            Execute("COMMIT");
            return result;
        }
        catch
        {
            // SQLite rolls back by itself after some errors; a second rollback then says so, harmlessly.
            _ = sqlite3_exec(_handle, "ROLLBACK");
            throw;
        }
        finally
        {
            _transactionDepth--;
        }
    }

    /// <inheritdoc cref="Write{T}(Func{T})"/>
    public void Write(Action work) =>
        Write(() =>
        {
            work();
            return true;
        });

    /// <summary>
    /// Moves the log into the database and empties it, unless somebody is reading. It must not wait: it would hold
    /// the write lock until every reader of every process has paused.
    /// </summary>
    public void TryTrimLog()
    {
        _ = sqlite3_busy_timeout(_handle, 0);
        try
        {
            Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (DatastoreBusyException)
        {
            // The next commit moves it piecemeal.
        }
        finally
        {
            _ = sqlite3_busy_timeout(_handle, PatienceMilliseconds);
        }
    }

    /// <summary>Throws when <paramref name="code"/> is an error of this connection.</summary>
    public void Check(int code)
    {
        if (code is not (SQLITE_OK or SQLITE_ROW or SQLITE_DONE))
        {
            throw SqliteError.ToException(code, sqlite3_errmsg(_handle).utf8_to_string(), Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Close();
        }

        _statements.Clear();
        _ = sqlite3_close_v2(_handle);
    }
}
