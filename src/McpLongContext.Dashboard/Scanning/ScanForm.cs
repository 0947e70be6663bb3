namespace McpLongContext.Dashboard.Scanning;

/// <summary>A file to scan.</summary>
/// <param name="File">The path, beneath the allowed roots.</param>
/// <param name="Model">The bit model; empty for the first installed one.</param>
/// <param name="Top">The most spans.</param>
public sealed record ScanForm(string File, string Model, int Top);
