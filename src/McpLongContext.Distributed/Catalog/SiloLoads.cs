namespace McpLongContext.Distributed.Catalog;

/// <summary>How many copies of shards, of all datastores, each silo holds that is alive.</summary>
internal sealed class SiloLoads
{
    private readonly IReadOnlyList<string> _silos;
    private readonly Dictionary<string, int> _copies;

    /// <summary>Counts the copies.</summary>
    /// <param name="silos">The silos that are alive, in order.</param>
    /// <param name="layouts">The datastores of the cluster.</param>
    public SiloLoads(IReadOnlyList<string> silos, IEnumerable<DatastoreLayout> layouts)
    {
        _silos = silos;
        _copies = silos.ToDictionary(silo => silo, _ => 0, StringComparer.Ordinal);
        foreach (var copy in layouts.SelectMany(layout => layout.Shards).SelectMany(copies => copies))
        {
            Add(copy.Silo);
        }
    }

    /// <summary>The copies of a silo.</summary>
    public int Of(string silo) => _copies.GetValueOrDefault(silo);

    /// <summary>Counts one more copy.</summary>
    public void Add(string silo)
    {
        if (_copies.TryGetValue(silo, out var before))
        {
            _copies[silo] = before + 1;
        }
    }

    /// <summary>
    /// The silos in the order in which they take a shard: those with the fewest copies first; of equal ones neighbors take
    /// neighboring shards.
    /// </summary>
    public IEnumerable<string> ByLoad(int shard) =>
        Enumerable.Range(0, _silos.Count).Select(i => _silos[(shard + i) % _silos.Count]).OrderBy(Of);
}
