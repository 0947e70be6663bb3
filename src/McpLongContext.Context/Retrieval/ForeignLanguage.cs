namespace McpLongContext.Context.Retrieval;

/// <summary>A language other than English that a text seems to be in.</summary>
/// <param name="Name">The name as messages show it; where only the script tells, that of the script.</param>
/// <param name="Codes">The ISO 639 codes that it may be.</param>
internal sealed record ForeignLanguage(string Name, IReadOnlyList<string> Codes);
