using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Memories;

/// <summary>The decoder memories of every kind.</summary>
internal sealed class MemoryRegistry(IEnumerable<IMemory> memories)
{
    private readonly Dictionary<MemoryKind, IMemory> _memories = memories.ToDictionary(memory => memory.Kind);

    /// <summary>The decoder memory of a kind.</summary>
    public IMemory this[MemoryKind kind] => _memories[kind];

    /// <summary>All of them, in the order of their kinds.</summary>
    public IEnumerable<IMemory> All => _memories.Values.OrderBy(memory => memory.Kind);
}
