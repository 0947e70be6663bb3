namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>The kind of a question, recognized once; it decides which rules of the ranking apply.</summary>
internal enum QueryKind
{
    /// <summary>Plain words.</summary>
    NaturalLanguage,

    /// <summary>
    /// A sentence that says what one place does, as a comment on it would: <c>Removes what has expired.</c>
    /// </summary>
    Description,

    /// <summary>A name: <c>parseJson</c>, <c>where is Session defined</c>.</summary>
    Symbol,

    /// <summary>A file's path or name.</summary>
    Path,

    /// <summary>A message, or a number or code within one.</summary>
    ErrorMessage,

    /// <summary>A phrase to be found as it is written.</summary>
    Quoted,
}
