using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Asking;

/// <summary>The page of long attention.</summary>
/// <param name="Datastores">The names of all datastores.</param>
/// <param name="Run">The latest question; <see langword="null"/> before the first one.</param>
/// <param name="Form">The form.</param>
public sealed record AskModel(IReadOnlyList<string> Datastores, AskRun? Run, AskForm Form)
{
    /// <summary>Why the form was refused; empty when it was not.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>The kinds of decoder memory with their names.</summary>
    public static IReadOnlyList<(MemoryKind Kind, string Name)> Kinds { get; } =
    [
        (MemoryKind.Window, "Window: the passages found"),
        (MemoryKind.Unlimiformer, "Unlimiformer: retrieval attention over all tokens"),
        (MemoryKind.Infini, "Infini-attention: compressive memory"),
    ];
}
