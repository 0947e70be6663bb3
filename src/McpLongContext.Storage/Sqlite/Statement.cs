using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace McpLongContext.Storage.Sqlite;

/// <summary>
/// A prepared statement. Parameters count from 1, columns from 0; disposing resets it for the next use.
/// </summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    private bool _active;

    /// <summary>Marks the statement as taken: a second use before the first is over would corrupt both.</summary>
    public void Begin()
    {
        if (_active)
        {
            throw new InvalidOperationException("The statement is already running on this connection.");
        }

        _active = true;
    }

    public Statement Bind(int parameter, long value)
    {
        database.Check(sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, double value)
    {
        database.Check(sqlite3_bind_double(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, string value)
    {
        database.Check(sqlite3_bind_text(handle, parameter, value));
        return this;
    }

    public Statement BindBlob(int parameter, ReadOnlySpan<byte> value)
    {
        database.Check(sqlite3_bind_blob(handle, parameter, value));
        return this;
    }

    public Statement BindUtf8(int parameter, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite would take for NULL.
        if (value.IsEmpty)
        {
            return Bind(parameter, "");
        }

        database.Check(sqlite3_bind_text(handle, parameter, value));
        return this;
    }

    /// <summary>Advances to the next row; <see langword="false"/> at the end.</summary>
    public bool Step()
    {
        var code = sqlite3_step(handle);
        database.Check(code);
        return code == SQLITE_ROW;
    }

    /// <summary>Runs a statement without rows, and resets it.</summary>
    public void Run()
    {
        using (this)
        {
            Step();
        }
    }

    public long Int64(int column) => sqlite3_column_int64(handle, column);

    public int Int32(int column) => sqlite3_column_int(handle, column);

    public double Double(int column) => sqlite3_column_double(handle, column);

    /// <summary>The column's bytes (of a text: its UTF-8), valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(handle, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    /// <inheritdoc/>
    public void Dispose()
    {
        // The code that reset returns is the step's, which has been reported already.
        _ = sqlite3_reset(handle);
        _ = sqlite3_clear_bindings(handle);
        _active = false;
    }

    /// <summary>Releases the statement for good.</summary>
    public void Close() => handle.Dispose();
}
