using System.Collections.Concurrent;
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
/// The passages that were read from shards, for the assembly of evidence. What a step of the assembly misses is noted,
/// read, and the step done once more.
/// </summary>
/// <param name="shards">The shards.</param>
/// <param name="documents">The documents of the passages.</param>
internal sealed class CollectionEvidence(ShardFanOut shards, DocumentTable documents)
    : IEvidenceSource,
        IStatementScorer
{
    private readonly Dictionary<long, ShardPassage?> _read = [];
    private readonly ConcurrentDictionary<long, int> _tokens = [];
    private readonly HashSet<long> _missed = [];
    private readonly HashSet<long> _unaligned = [];

    /// <summary>Assembles evidence of the passages that it needs.</summary>
    /// <param name="first">Passages that are needed in any case, best first.</param>
    /// <param name="aligned">How many of them will be marked.</param>
    /// <param name="choose">Chooses the hits.</param>
    /// <param name="complete">Makes the page of them.</param>
    public async Task<EvidenceAssembler.Page> AssembleAsync(
        IReadOnlyList<long> first,
        int aligned,
        Func<EvidenceAssembler.Choice> choose,
        Func<EvidenceAssembler.Choice, EvidenceAssembler.Page> complete
    )
    {
        _missed.UnionWith(first);
        _unaligned.UnionWith(first.Take(aligned));
        var choice = await RepeatAsync(choose);
        _unaligned.UnionWith(choice.MarkedPassages.Where(id => _read.GetValueOrDefault(id) is { Statements: null }));
        return await RepeatAsync(() => complete(choice));
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
    public int TokensOf(Passage passage) =>
        _tokens.GetOrAdd(passage.Id, static (_, text) => TokenCounter.Count(ShownText.Of(text)), passage.Text);

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
        var read = _read.GetValueOrDefault(passage.Id);
        if (read is { Statements: null })
        {
            _unaligned.Add(passage.Id);
        }

        return read?.Statements is { } aligned && aligned.Length == statements.Count
            ? aligned
            : new double[statements.Count];
    }

    /// <summary>Does a step until it misses nothing.</summary>
    private async Task<T> RepeatAsync<T>(Func<T> step)
    {
        while (true)
        {
            if (_missed.Count > 0 || _unaligned.Count > 0)
            {
                await ReadAsync();
            }

            var done = step();
            if (_missed.Count == 0 && _unaligned.Count == 0)
            {
                return done;
            }
        }
    }

    /// <summary>
    /// Reads the passages that were missed, those that are to be aligned first. A copy may leave out what another one has
    /// read before, because it is damaged there: the passage stays, and is aligned with nothing.
    /// </summary>
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
            _read.TryAdd(id, null);
        }

        foreach (var passage in read.SelectMany(passages => passages))
        {
            _read[passage.Id] = passage;
        }

        foreach (var id in _unaligned)
        {
            if (_read[id] is { Statements: null } left)
            {
                _read[id] = left with { Statements = [] };
            }
        }

        _missed.Clear();
        _unaligned.Clear();
    }
}
