using McpLongContext.LongAttention.Unlimiformer.Selection;
using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>
/// The vectors that every token of some rows attends to in every KV head: [sinks | spans of the document | the row's own tokens up to
/// itself]. Vectors are numbered in one table: those of the documents [documents, KV heads, tokens], then those of the rows
/// [rows, KV heads, tokens].
/// </summary>
/// <param name="rows">The rows.</param>
/// <param name="sinks">Tokens at the start of a row that do not search.</param>
/// <param name="kvHeads">KV heads of a layer.</param>
/// <param name="documents">How many documents there are.</param>
/// <param name="documentTokens">Tokens of each.</param>
/// <param name="rowTokens">Tokens of the longest row.</param>
internal sealed class AttendedPlaces(
    IReadOnlyList<PromptRow> rows,
    int sinks,
    int kvHeads,
    int documents,
    int documentTokens,
    int rowTokens
)
{
    private readonly List<long>[] _places = new List<long>[rows.Count * rowTokens * kvHeads];
    private readonly int[] _found = new int[kvHeads];
    private int _asked;

    /// <summary>By KV head the share of the tokens with a known source of which it lies in a span; null: there are none.</summary>
    public double[]? GoldShares => _asked == 0 ? null : Array.ConvertAll(_found, found => (double)found / _asked);

    /// <summary>Enters a row.</summary>
    /// <param name="row">The row, counted from 0.</param>
    /// <param name="hits">[KV heads * row tokens][hits], best first.</param>
    /// <param name="plan">How much is read around hits.</param>
    public void Enter(int row, TokenHit[][] hits, SpanPlan plan)
    {
        var (document, length, gold) = (rows[row].Document, rows[row].Tokens.Length, rows[row].Gold);
        for (var kvHead = 0; kvHead < kvHeads; kvHead++)
        {
            var (first, own) = (
                (long)((document * kvHeads) + kvHead) * documentTokens,
                ((long)documents * kvHeads * documentTokens) + ((long)((row * kvHeads) + kvHead) * rowTokens)
            );
            for (var token = 0; token < rowTokens; token++)
            {
                var places = _places[(((row * rowTokens) + token) * kvHeads) + kvHead] = [];
                AddOwn(0, Math.Min(sinks, token + 1));
                // What fills up a short row reads nothing.
                if (token >= sinks && token < length)
                {
                    var spans = plan.Of(hits[(kvHead * rowTokens) + token], _ => documentTokens);
                    places.AddRange(
                        spans.SelectMany(span => Enumerable.Range(span.First, span.Count), (_, at) => first + at)
                    );
                    if (gold is not null && gold[token] >= 0)
                    {
                        _asked += kvHead == 0 ? 1 : 0;
                        _found[kvHead] += places.Contains(first + gold[token]) ? 1 : 0;
                    }
                }

                AddOwn(sinks, token + 1 - sinks);

                void AddOwn(int from, int count)
                {
                    for (var i = 0; i < count; i++)
                    {
                        places.Add(own + from + i);
                    }
                }
            }
        }
    }

    /// <summary>The places of all rows.</summary>
    /// <returns>
    /// [rows, tokens, KV heads, places] numbers of vectors, filled up with the first one; and [rows, tokens, KV heads] the place
    /// of each token itself, the last one that it attends to.
    /// </returns>
    public (Tensor Numbers, Tensor Last) Read()
    {
        var most = _places.Max(places => places.Count);
        var numbers = new long[_places.Length * most];
        for (var i = 0; i < _places.Length; i++)
        {
            _places[i].CopyTo(numbers, i * most);
        }

        return (
            tensor(numbers).reshape(rows.Count, rowTokens, kvHeads, most),
            tensor(_places.Select(places => places.Count - 1L).ToArray()).reshape(rows.Count, rowTokens, kvHeads)
        );
    }
}
