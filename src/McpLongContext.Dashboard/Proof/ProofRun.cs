using McpLongContext.Context.Contracts;
using McpLongContext.Context.Management;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Explanations;
using McpLongContext.Dashboard.Rendering;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Proof;

/// <summary>A measurement of a datastore by questions whose documents are known.</summary>
public sealed class ProofRun
{
    private const int Tokens = 8000;

    private static readonly (RankingSignal Signal, string Name)[] s_signals =
    [
        (RankingSignal.Fused, "All signals fused"),
        (RankingSignal.Lexical, "Lexical (BM25)"),
        (RankingSignal.PassageEmbedding, "Passage embeddings"),
        (RankingSignal.TokenEmbedding, "Token embeddings"),
    ];

    private readonly Lock _gate = new();
    private readonly List<(int Rank, int Tokens)>[] _results =
    [
        .. Enumerable.Range(0, s_signals.Length + 1).Select(_ => new List<(int Rank, int Tokens)>()),
    ];

    /// <summary>Creates a measurement.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="queries">The questions.</param>
    public ProofRun(string datastore, IReadOnlyList<ProofQuery> queries) => (Datastore, Queries) = (datastore, queries);

    /// <summary>The datastore.</summary>
    public string Datastore { get; }

    /// <summary>The questions.</summary>
    public IReadOnlyList<ProofQuery> Queries { get; }

    /// <summary>Questions that are answered by all ways.</summary>
    public int Done { get; private set; }

    /// <summary>Whether the measurement still goes on.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Why the measurement ended before its end; empty when it did not.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>The measures of each way to search.</summary>
    public IReadOnlyList<ProofRow> Rows
    {
        get
        {
            lock (_gate)
            {
                var names = s_signals.Select(signal => signal.Name).Append("Plain text search, whole files");
                return [.. names.Zip(_results, (name, results) => new ProofRow(name, [.. results]))];
            }
        }
    }

    /// <summary>Measures.</summary>
    internal async Task RunAsync(
        DatastoreManager datastores,
        QueryExplainer explainer,
        ILogger logger,
        CancellationToken cancellation
    )
    {
        try
        {
            TokenCounter.Load();
            var plain = new PlainSearch(Queries);
            foreach (var document in datastores.Show(Datastore).Documents)
            {
                cancellation.ThrowIfCancellationRequested();
                plain.Read(
                    document.Path,
                    datastores.Read(Datastore, document.Path, startLine: null, endLine: null).Text
                );
            }

            for (var i = 0; i < Queries.Count; i++)
            {
                var ranks = new List<(int Rank, int Tokens)>();
                foreach (var (signal, _) in s_signals)
                {
                    ranks.Add(await AskAsync(explainer, Queries[i], signal, cancellation));
                }

                ranks.Add(plain.RankOf(i));
                lock (_gate)
                {
                    for (var way = 0; way < ranks.Count; way++)
                    {
                        _results[way].Add(ranks[way]);
                    }
                }

                Done = i + 1;
            }
        }
#pragma warning disable CA1031 // The error belongs to the page, whoever looks at it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Problem = Refusals.Say(error, logger);
        }
        finally
        {
            IsActive = false;
        }
    }

    private async Task<(int Rank, int Tokens)> AskAsync(
        QueryExplainer explainer,
        ProofQuery query,
        RankingSignal signal,
        CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            Question = query.Text,
            Datastore = Datastore,
            MaxTokens = Tokens,
        };
        var result = await explainer.QueryAsync(request, signal, cancellation);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var tokens = 0;
        foreach (var evidence in result.Evidence)
        {
            paths.Add(evidence.Path);
            tokens += TokenCounter.Count(evidence.Text);
            if (query.Matches(evidence.Path))
            {
                return (paths.Count, tokens);
            }
        }

        return (0, tokens);
    }
}
