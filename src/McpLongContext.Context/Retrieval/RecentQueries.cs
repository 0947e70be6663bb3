using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// The queries that were encoded last: the next page of an answer, and a search that is repeated over changed files, ask
/// again. Thread-safe.
/// </summary>
internal sealed class RecentQueries
{
    /// <summary>A query takes some 30 KB.</summary>
    private const int Capacity = 32;

    private readonly Lock _gate = new();

    /// <summary>The latest one last.</summary>
    private readonly OrderedDictionary<string, EncodedQuery> _queries = new(StringComparer.Ordinal);

    /// <summary>The embeddings of a query, encoded where they are not at hand.</summary>
    public EncodedQuery GetOrAdd(string query, Func<EncodedQuery> encode)
    {
        lock (_gate)
        {
            if (_queries.Remove(query, out var known))
            {
                _queries.Add(query, known);
                return known;
            }
        }

        var encoded = encode();
        lock (_gate)
        {
            if (_queries.Count >= Capacity)
            {
                _queries.RemoveAt(0);
            }

            _queries[query] = encoded;
        }

        return encoded;
    }
}
