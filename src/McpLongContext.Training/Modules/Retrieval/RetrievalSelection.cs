using System.Diagnostics;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>Selects spans for every token, layer and KV head of some rows, as <see cref="PerLayerMode"/> does.</summary>
/// <param name="source">Which tokens spans are grown around.</param>
/// <param name="mode">How much is read around them.</param>
/// <param name="window">Tokens of the model's window.</param>
internal sealed class RetrievalSelection(IHitSource source, PerLayerMode mode, int window)
{
    private readonly Stopwatch _search = new();
    private readonly List<double> _shares = [];

    /// <summary>The time that searching took.</summary>
    public TimeSpan SearchTime => _search.Elapsed;

    /// <summary>
    /// By layer and KV head the share of answer tokens of which the token that holds them was retrieved; empty: not known.
    /// </summary>
    public IReadOnlyList<double> GoldShares => _shares;

    /// <summary>The vectors that the rows attend to in one layer, as <see cref="AttendedPlaces"/> numbers them.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sinks">Tokens at the start of a row that do not search.</param>
    /// <param name="queries">[rows, KV heads, tokens, headDim], the mean of the query heads of each KV head.</param>
    /// <param name="keys">[documents, KV heads, document tokens, headDim].</param>
    public (Tensor Numbers, Tensor Last) Select(IReadOnlyList<PromptRow> rows, int sinks, Tensor queries, Tensor keys)
    {
        using var frozen = no_grad();
        var places = new AttendedPlaces(
            rows,
            sinks,
            (int)keys.shape[1],
            (int)keys.shape[0],
            (int)keys.shape[2],
            (int)queries.shape[2]
        );
        for (var row = 0; row < rows.Count; row++)
        {
            using var scope = NewDisposeScope();
            _search.Start();
            var hits = source.Find(queries[row], keys[rows[row].Document]);
            _search.Stop();
            places.Enter(row, hits, mode.PlanBeside(rows[row].PromptTokens, window));
        }

        _shares.AddRange(places.GoldShares ?? []);
        return places.Read();
    }
}
