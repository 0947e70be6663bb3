using System.Text.Json;
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

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("SELECT name FROM mcp_long_context_datastores ORDER BY name");
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var names = new List<string>();
        while (await rows.ReadAsync(cancellation))
        {
            names.Add(rows.GetString(0));
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public async Task<DatastoreLayout?> FindAsync(string name, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(
            "SELECT version, shards, next_passage FROM mcp_long_context_datastores WHERE name = $1"
        );
        command.Parameters.AddWithValue(name);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation)
            ? new DatastoreLayout(
                name,
                rows.GetInt64(0),
                JsonSerializer.Deserialize<ShardCopy[][]>(rows.GetString(1)) ?? [],
                rows.GetInt64(2)
            )
            : null;
    }

    /// <inheritdoc/>
    public async Task<bool> TryStoreAsync(DatastoreLayout layout, CancellationToken cancellation)
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
    }
}
