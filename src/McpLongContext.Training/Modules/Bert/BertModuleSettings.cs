namespace McpLongContext.Training.Modules.Bert;

/// <summary>The shape of an encoder's adapter, and where its training begins.</summary>
internal sealed record BertModuleSettings
{
    /// <summary>The inner dimension of the LoRA adapters.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>alpha / rank multiplies the changes.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>The width of embeddings; null: that of hidden states, without a projection.</summary>
    public int? Dimensions { get; init; }

    /// <summary>Whether frozen weights are kept in bfloat16.</summary>
    public bool IsHalf { get; init; }

    /// <summary>Chooses A, which begins at random.</summary>
    public int Seed { get; init; } = 1;
}
