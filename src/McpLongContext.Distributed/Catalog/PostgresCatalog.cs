using System.Text.Json;
using McpLongContext.Distributed.Messages;
using Npgsql;

namespace McpLongContext.Distributed.Catalog;

/// <summary>A catalog in PostgreSQL, beside the membership of the cluster.</summary>
internal sealed class PostgresCatalog(NpgsqlDataSource source) : ICatalog
{
    /// <summary>The table of the catalog.</summary>
    public const string Table = """
        CREATE TABLE IF NOT EXISTS mcp_long_context_datastores(
          name text PRIMARY KEY,
          version bigint NOT NULL,
          shards jsonb NOT NULL,
          next_passage bigint NOT NULL)
        """;

    private const string Columns = "SELECT name, version, shards, next_passage FROM mcp_long_context_datastores";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) =>
        [
            .. (
                await ReadAsync(
                    "SELECT name FROM mcp_long_context_datastores",
                    row => row.GetString(0),
                    name: null,
                    cancellation
                )
            ).Order(StringComparer.Ordinal),
        ];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DatastoreLayout>> ListLayoutsAsync(CancellationToken cancellation) =>
        await ReadAsync(Columns, LayoutOf, name: null, cancellation);

    /// <inheritdoc/>
    public async Task<DatastoreLayout?> FindAsync(string name, CancellationToken cancellation) =>
        (await ReadAsync(Columns + " WHERE name = $1", LayoutOf, name, cancellation)) is [var found] ? found : null;

    /// <inheritdoc/>
    public Task<bool> TryStoreAsync(DatastoreLayout layout, CancellationToken cancellation) =>
        TellAsync(async () =>
        {
            await using var command = source.CreateCommand(
                layout.Version == 1
                    ? "INSERT INTO mcp_long_context_datastores VALUES ($1, $2, $3::jsonb, $4) ON CONFLICT DO NOTHING"
                    : "UPDATE mcp_long_context_datastores SET version = $2, shards = $3::jsonb, next_passage = $4 "
                        + "WHERE name = $1 AND version = $2 - 1"
            );
            command.Parameters.AddWithValue(layout.Name);
            command.Parameters.AddWithValue(layout.Version);
            command.Parameters.AddWithValue(JsonSerializer.Serialize(layout.Shards));
            command.Parameters.AddWithValue(layout.NextPassage);
            return await command.ExecuteNonQueryAsync(cancellation) == 1;
        });

    private Task<List<T>> ReadAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        string? name,
        CancellationToken cancellation
    ) =>
        TellAsync(async () =>
        {
            await using var command = source.CreateCommand(sql);
            if (name is not null)
            {
                command.Parameters.AddWithValue(name);
            }

            await using var rows = await command.ExecuteReaderAsync(cancellation);
            var found = new List<T>();
            while (await rows.ReadAsync(cancellation))
            {
                found.Add(read(rows));
            }

            return found;
        });

    private static DatastoreLayout LayoutOf(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            row.GetInt64(1),
            JsonSerializer.Deserialize<ShardCopy[][]>(row.GetString(2)) ?? [],
            row.GetInt64(3)
        );

    /// <summary>The library's exceptions do not travel between silos.</summary>
    private static async Task<T> TellAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException)
        {
#pragma warning disable MA0054 // The cause would not be known there.
            throw new ShardUnavailableException($"the database of the cluster does not answer: {error.Message}");
#pragma warning restore MA0054
        }
    }
}
