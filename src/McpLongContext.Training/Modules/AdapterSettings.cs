using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Training.Modules;

/// <summary>The shape of an adapter, and where its training begins.</summary>
internal sealed record AdapterSettings
{
    /// <summary>How segments are written.</summary>
    public UpdateRule Rule { get; init; } = UpdateRule.Linear;

    /// <summary>The layers that have a compressive memory; null: all.</summary>
    public IReadOnlySet<int>? Layers { get; init; }

    /// <summary>The inner dimension of the LoRA adapters.</summary>
    public int Rank { get; init; } = 32;

    /// <summary>alpha / rank multiplies the changes.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Chooses A, which begins at random.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether frozen weights are kept in bfloat16.</summary>
    public bool IsHalf { get; init; }

    /// <summary>Whether frozen weights are read from the checkpoint each time that a layer needs them.</summary>
    public bool IsByLayer { get; init; }

    /// <summary>
    /// The share of heads that begin as memory heads. The start mostly decides which heads become some: with all gates
    /// alike nothing was learned.
    /// </summary>
    public double MemoryHeads { get; init; } = 1.0 / 3;

    /// <summary>beta of the memory heads.</summary>
    public float OpenBeta { get; init; } = 1;

    /// <summary>beta of the others.</summary>
    public float ClosedBeta { get; init; } = -3;

    /// <summary>The betas of a layer of which nothing is known: the first heads begin as memory heads.</summary>
    public float[] StartingBetas(int heads) =>
        [.. Enumerable.Range(0, heads).Select(head => head < OpenHeads(heads) ? OpenBeta : ClosedBeta)];

    /// <summary>How many of a layer's heads begin as memory heads.</summary>
    public int OpenHeads(int heads) => Math.Max(1, (int)Math.Round(heads * MemoryHeads));
}
