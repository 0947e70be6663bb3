namespace McpLongContext.Training.Modules.Retrieval;

/// <summary>A question to a document, with what is written after it.</summary>
/// <param name="Document">The document, counted from 0.</param>
/// <param name="Tokens">The header, the question, and the answer but for its last token.</param>
/// <param name="PromptTokens">The tokens of header and question.</param>
/// <param name="Gold">
/// By token of the row the token of the document that holds what comes next, -1 where none does; null: not known.
/// </param>
internal sealed record PromptRow(int Document, int[] Tokens, int PromptTokens, int[]? Gold = null);
