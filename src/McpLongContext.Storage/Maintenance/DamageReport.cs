namespace McpLongContext.Storage.Maintenance;

/// <summary>Something damaged, as a code and its data; the words are for those who show it.</summary>
/// <param name="Code">The kind of damage.</param>
/// <param name="Where">The document's path or the file.</param>
/// <param name="Repaired">Whether it was dropped or made anew.</param>
public sealed record DamageReport(DamageCode Code, string Where, bool Repaired)
{
    /// <summary>
    /// The passages that are damaged or missing, for <see cref="DamageCode.Passages"/> and
    /// <see cref="DamageCode.Segment"/>.
    /// </summary>
    public int LostPassages { get; init; }

    /// <summary>The passages that there should be, for <see cref="DamageCode.Passages"/>.</summary>
    public int ExpectedPassages { get; init; }

    /// <summary>The paths of the documents concerned, for <see cref="DamageCode.Segment"/>.</summary>
    public IReadOnlyList<string> Documents { get; init; } = [];

    /// <summary>
    /// The encoder's key, the model, the number that is wrong, or the finding of the database's own check; empty where
    /// there is none.
    /// </summary>
    public string Subject { get; init; } = "";
}
