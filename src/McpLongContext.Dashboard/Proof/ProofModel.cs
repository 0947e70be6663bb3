namespace McpLongContext.Dashboard.Proof;

/// <summary>The page of a measurement.</summary>
/// <param name="Datastores">The names of all datastores.</param>
/// <param name="Run">The latest measurement; <see langword="null"/> before the first one.</param>
public sealed record ProofModel(IReadOnlyList<string> Datastores, ProofRun? Run)
{
    /// <summary>The questions of the form.</summary>
    public string Text { get; init; } = "";

    /// <summary>The datastore of the form.</summary>
    public string Datastore { get; init; } = "default";

    /// <summary>Why the form was refused; empty when it was not.</summary>
    public string Refusal { get; init; } = "";
}
