using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Tests.Sqlite;

public sealed class DatabaseTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Database _database;

    public DatabaseTests()
    {
        _database = Database.Open(Path.Combine(_home.Root, "test.db"), create: true);
        _database.Execute("CREATE TABLE numbers(number INTEGER PRIMARY KEY)");
    }

    public void Dispose()
    {
        _database.Dispose();
        _home.Dispose();
    }

    /// <summary>Durable commits (2 is FULL), and how much a connection may hold in memory and leave in its log.</summary>
    [Theory]
    [InlineData("synchronous", 2)]
    [InlineData("foreign_keys", 1)]
    [InlineData("cache_size", -16384)]
    [InlineData("wal_autocheckpoint", 8000)]
    [InlineData("temp_store", 2)]
    [InlineData("busy_timeout", 30_000)]
    public void A_connection_has_these_settings_before_and_after_its_log_is_trimmed(string setting, long value)
    {
        Assert.Equal(value, _database.Scalar($"PRAGMA {setting}"));
        _database.TryTrimLog();
        Assert.Equal(value, _database.Scalar($"PRAGMA {setting}"));
    }

    [Fact]
    public void A_missing_file_is_named_and_not_made()
    {
        var missing = Path.Combine(_home.Root, "missing.db");
        var error = Assert.Throws<DatastoreException>(() => Database.Open(missing, create: false));
        Assert.Contains($"'{missing}' cannot be opened", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(missing));
    }

    [Fact]
    public void A_transaction_within_another_is_a_part_of_it()
    {
        Assert.Throws<TimeoutException>(() =>
            _database.Write(() =>
            {
                _database.Write(() => _database.Execute("INSERT INTO numbers VALUES (1)"));
                throw new TimeoutException();
            })
        );
        Assert.Equal(0, Count());

        _database.Write(() =>
        {
            _database.Write(() => _database.Execute("INSERT INTO numbers VALUES (2)"));
            _database.Write(() => _database.Execute("INSERT INTO numbers VALUES (3)"));
        });
        Assert.Equal(2, Count());
    }

    [Fact]
    public void What_the_database_refuses_is_an_error()
    {
        _database.Prepare("INSERT INTO numbers VALUES (?1)").Bind(1, 7).Run();
        Assert.Throws<DatastoreException>(() => _database.Prepare("INSERT INTO numbers VALUES (?1)").Bind(1, 7).Run());
        Assert.Throws<DatastoreException>(() => _database.Execute("INSERT INTO letters VALUES (7)"));
        Assert.Equal(1, Count());
    }

    [Fact]
    public void A_statement_that_is_read_cannot_be_begun_again()
    {
        const string Rows = "SELECT number FROM numbers";
        using (var rows = _database.Prepare(Rows))
        {
            Assert.Throws<InvalidOperationException>(() => _database.Prepare(Rows));
        }

        _database.Prepare(Rows).Dispose();
    }

    private long? Count() => _database.Scalar("SELECT count(*) FROM numbers");
}
