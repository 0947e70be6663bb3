using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Does beforehand what the first query of a process would wait for: loads the encoder, has a query go through it, and
/// builds the patterns that queries are read with. Without a datastore there is nothing to ask, and nothing is loaded; an
/// ingest comes first, which is rehearsed.
/// </summary>
internal sealed class RetrievalWarmUp(DatastoreRegistry datastores, EncoderProvider encoders, Rehearsal rehearsal)
{
    private const string Query = "where is the first query prepared?";

    /// <summary>Runs beside whatever the process does.</summary>
    /// <param name="cancellation">Ends it between two steps.</param>
    /// <returns>Whether there is a datastore to ask.</returns>
    /// <exception cref="Inference.ModelException">The encoder cannot be loaded; a query says so, too.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        if (datastores.Names.Count == 0)
        {
            await rehearsal.RunAsync(cancellation);
            return false;
        }

        await PrepareAsync(cancellation);
        return true;
    }

    /// <summary>Prepares a query, whether or not there is a datastore to ask.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        if (await encoders.FindAsync(cancellation) is { } loaded)
        {
            new RetrievalEncoder(loaded).EncodeQuery(Query);
        }

        cancellation.ThrowIfCancellationRequested();
        QueryAnalyzer.Analyze(Query);
    }
}
