using McpLongContext.Context.Datastores;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Does beforehand what the first query of a process would wait for: loads the encoder, has a query go through it, and
/// builds the patterns that queries are read with. Without a datastore an ingest comes first: it is rehearsed before that.
/// </summary>
internal sealed class RetrievalWarmUp(DatastoreRegistry datastores, EncoderProvider encoders, Rehearsal rehearsal)
{
    private const string Query = "where is the first query prepared?";

    /// <summary>Runs beside whatever the process does.</summary>
    /// <param name="cancellation">Ends it between two steps.</param>
    /// <exception cref="Inference.ModelException">The encoder cannot be loaded; a query says so, too.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (datastores.Names.Count == 0)
        {
            await rehearsal.RunAsync(PrepareAsync, cancellation);
        }
        else
        {
            await PrepareAsync(cancellation);
        }
    }

    /// <summary>Prepares a query, whether or not there is a datastore to ask.</summary>
    /// <returns>The encoder; <see langword="null"/>: none is installed.</returns>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<RetrievalEncoder?> PrepareAsync(CancellationToken cancellation)
    {
        var encoder = await encoders.FindAsync(cancellation) is { } loaded ? new RetrievalEncoder(loaded) : null;
        encoder?.EncodeQuery(Query);
        cancellation.ThrowIfCancellationRequested();
        QueryAnalyzer.Analyze(Query);
        return encoder;
    }
}
