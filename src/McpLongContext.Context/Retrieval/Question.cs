using McpLongContext.Context.Retrieval.Ranking;

namespace McpLongContext.Context.Retrieval;

/// <summary>A question, ready to be searched for; made by <see cref="QueryAnalyzer"/>.</summary>
/// <param name="Text">The question in one line, without control characters.</param>
/// <param name="Terms">The question's distinct terms, as the lexical index has them.</param>
/// <param name="Literals">Text that must be found as it is written: quoted phrases, identifiers, paths, UUIDs.</param>
/// <param name="IsLiteral">Whether nothing but literals is asked for, so that they decide.</param>
internal sealed record Question(
    string Text,
    IReadOnlyList<string> Terms,
    IReadOnlyList<string> Literals,
    bool IsLiteral
)
{
    /// <summary>The words of the text, in order, as they are written; identifiers are whole.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Those of them that say what is asked for.</summary>
    public IReadOnlyList<string> ContentWords { get; init; } = [];

    /// <summary>The kind of the question.</summary>
    public QueryKind Kind { get; init; }

    /// <summary>Whether it asks for a change, as the subject of a commit does.</summary>
    public bool IsChangeRequest { get; init; }

    /// <summary>The places in programs that it names, that of a failure first.</summary>
    public IReadOnlyList<StackFrame> Frames { get; init; } = [];
}
