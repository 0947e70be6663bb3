namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>The properties of a line that the outline of a program needs.</summary>
internal struct CodeLine
{
    /// <summary>Columns of white space in front; a tab reaches to the next multiple of four.</summary>
    public int Indent;

    /// <summary>How deep the line is nested: open braces in front of it, or its indentation.</summary>
    public int Level;

    /// <summary>White space only.</summary>
    public bool IsBlank;

    /// <summary>A comment only.</summary>
    public bool IsComment;

    /// <summary>Within brackets, a string or a comment that an earlier line opened.</summary>
    public bool IsInside;

    /// <summary>A preprocessor directive.</summary>
    public bool IsDirective;

    /// <summary>The first character.</summary>
    public char First;

    /// <summary>The last character outside comments and white space.</summary>
    public char Last;
}
