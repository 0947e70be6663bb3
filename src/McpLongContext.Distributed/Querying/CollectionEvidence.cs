using System.Diagnostics.CodeAnalysis;
using McpLongContext.Context.Retrieval;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;
using McpLongContext.Storage.Symbols;

namespace McpLongContext.Distributed.Querying;

/// <summary>
/// The passages that were read from shards, for the assembly of evidence. What the assembly misses is noted, read, and
/// the assembly done once more.
/// </summary>
/// <param name="shards">The shards.</param>
/// <param name="documents">The documents of the passages.</param>
internal sealed class CollectionEvidence(ShardFanOut shards, DocumentTable documents)
    : IEvidenceSource,
        IStatementScorer
{
    private readonly Dictionary<long, ShardPassage?> _read = [];
    private readonly HashSet<long> _missed = [];
    private readonly HashSet<long> _unaligned = [];

    /// <summary>Assembles evidence of the passages that it needs.</summary>
    /// <param name="first">Passages that are needed in any case, best first.</param>
    /// <param name="aligned">How many of them will be marked.</param>
    /// <param name="assemble">The assembly.</param>
    public async Task<T> AssembleAsync<T>(IReadOnlyList<long> first, int aligned, Func<T> assemble)
    {
        _missed.UnionWith(first);
        _unaligned.UnionWith(first.Take(aligned));
        while (true)
        {
            await ReadAsync();
            var assembled = assemble();
            if (_missed.Count == 0 && _unaligned.Count == 0)
            {
                return assembled;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryGet(long id, [NotNullWhen(true)] out Passage? passage)
    {
        if (!_read.TryGetValue(id, out var read))
        {
            _missed.Add(id);
        }

        passage = read?.ToPassage();
        return passage is not null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Symbol> SymbolsBetween(long first, long last)
    {
        var symbols = new List<Symbol>();
        for (var id = first; id <= last; id++)
        {
            symbols.AddRange((_read.GetValueOrDefault(id)?.Symbols ?? []).Select(symbol => symbol.ToSymbol()));
        }

        return symbols;
    }

    /// <inheritdoc/>
    public double[] Score(Document document, Passage passage, IReadOnlyList<Statement> statements)
    {
        var aligned = _read.GetValueOrDefault(passage.Id)?.Statements;
        if (aligned is null)
        {
            _unaligned.Add(passage.Id);
        }

        return aligned?.Length == statements.Count ? aligned : new double[statements.Count];
    }

    /// <summary>Reads the passages that were missed, those that are to be aligned first.</summary>
    private async Task ReadAsync()
    {
        _missed.UnionWith(_unaligned);
        var byShard = _missed
            .Where(id => documents.TryFindByPassage(id, out _))
            .OrderByDescending(_unaligned.Contains)
            .ToLookup(id => (int)(documents.OfPassage(id).Id % shards.Count));
        var read = await Task.WhenAll(
            byShard.Select(passages =>
            {
                long[] ids = [.. passages];
                var aligned = ids.Count(_unaligned.Contains);
                return shards.OneAsync(
                    passages.Key,
                    nameof(IShardGrain.ReadAsync),
                    (copy, _) => copy.Grain.ReadAsync(copy.Id, ids, aligned)
                );
            })
        );
        foreach (var id in _missed)
        {
            _read[id] = null;
        }

        foreach (var passage in read.SelectMany(passages => passages))
        {
            _read[passage.Id] = passage;
        }

        _missed.Clear();
        _unaligned.Clear();
    }
}
