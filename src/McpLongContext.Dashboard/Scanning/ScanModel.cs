namespace McpLongContext.Dashboard.Scanning;

/// <summary>The page of scans.</summary>
/// <param name="Models">The installed bit models.</param>
/// <param name="Run">The latest scan; <see langword="null"/> before the first one.</param>
/// <param name="Form">The form.</param>
public sealed record ScanModel(IReadOnlyList<string> Models, ScanRun? Run, ScanForm Form)
{
    /// <summary>Why the form was refused; empty when it was not.</summary>
    public string Refusal { get; init; } = "";
}
