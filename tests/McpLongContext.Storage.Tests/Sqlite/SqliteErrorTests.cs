using McpLongContext.Storage.Sqlite;
using static SQLitePCL.raw;

namespace McpLongContext.Storage.Tests.Sqlite;

public sealed class SqliteErrorTests
{
    [Theory]
    [InlineData(SQLITE_FULL, typeof(DatastoreException), "disk is full")]
    [InlineData(SQLITE_READONLY, typeof(DatastoreException), "cannot be written")]
    [InlineData(SQLITE_PERM, typeof(DatastoreException), "cannot be written")]
    [InlineData(SQLITE_AUTH, typeof(DatastoreException), "cannot be written")]
    [InlineData(SQLITE_CANTOPEN, typeof(DatastoreException), "cannot be opened")]
    [InlineData(SQLITE_IOERR, typeof(DatastoreException), "Check the disk")]
    [InlineData(SQLITE_INTERRUPT, typeof(DatastoreException), "interrupted")]
    [InlineData(SQLITE_TOOBIG, typeof(DatastoreException), "error 18")]
    [InlineData(SQLITE_BUSY, typeof(DatastoreBusyException), "another process")]
    [InlineData(SQLITE_LOCKED, typeof(DatastoreBusyException), "another process")]
    [InlineData(SQLITE_NOTADB, typeof(DatastoreCorruptException), "damaged")]
    [InlineData(SQLITE_CORRUPT, typeof(DatastoreCorruptException), "damaged")]
    public void An_error_has_its_own_exception_and_remedy_and_so_have_its_variants(int code, Type type, string says)
    {
        foreach (var variant in (int[])[code, code | (9 << 8)])
        {
            var error = SqliteError.ToException(variant, "why", "/data/x.db");

            Assert.IsType(type, error);
            Assert.Contains("'/data/x.db'", error.Message, StringComparison.Ordinal);
            if (code != SQLITE_TOOBIG || variant == code)
            {
                Assert.Contains(says, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_file_that_was_moved_away_is_a_removed_datastore() =>
        Assert.IsType<DatastoreRemovedException>(SqliteError.ToException(SQLITE_READONLY_DBMOVED, "why", "/data/x.db"));
}
