using System.Reflection;
using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Catalog;
using Npgsql;

namespace McpLongContext.Distributed.Hosting;

/// <summary>The tables of a cluster in PostgreSQL: those of Orleans' membership, and the catalog.</summary>
internal static class PostgresSchema
{
    private const string HasMembership = "SELECT to_regclass('orleansmembershiptable') IS NOT NULL";

    /// <summary>Any number: silos that start together take turns.</summary>
    private const string TakeTurns = "SELECT pg_advisory_xact_lock(7420)";

    /// <summary>Opens the database.</summary>
    /// <param name="connection">How it is reached.</param>
    /// <exception cref="ContextException">The connection is malformed; what is in it, a password perhaps, is not
    /// shown.</exception>
    public static NpgsqlDataSource Open(string connection)
    {
        try
        {
            return NpgsqlDataSource.Create(connection);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
#pragma warning disable MA0054 // The cause may show the password.
            throw new ContextException(
                "--postgres: this is no connection of keys and values. Write it such as "
                    + "'Host=db;Database=mcp;Username=mcp;Password=...'; addresses such as postgresql://db/mcp are not read."
            );
#pragma warning restore MA0054
        }
    }

    /// <summary>Creates what is missing.</summary>
    /// <exception cref="ContextException">PostgreSQL cannot be reached, or refuses it.</exception>
    public static async Task EnsureAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ExecuteAsync(connection, TakeTurns, cancellation);
            await using (var exists = new NpgsqlCommand(HasMembership, connection))
            {
                if (await exists.ExecuteScalarAsync(cancellation) is not true)
                {
                    await ExecuteAsync(connection, await ReadAsync("membership.sql"), cancellation);
                }
            }

            await ExecuteAsync(connection, PostgresCatalog.Table, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (NpgsqlException error)
        {
            throw new ContextException(
                $"--postgres: the database of the cluster cannot be used: {error.Message} Check the connection, for example "
                    + "'Host=db;Database=mcp;Username=mcp;Password=...'.",
                error
            );
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<string> ReadAsync(string script)
    {
        await using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(script)!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
