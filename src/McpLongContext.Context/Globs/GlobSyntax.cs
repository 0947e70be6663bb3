namespace McpLongContext.Context.Globs;

/// <summary>How a glob treats slashes.</summary>
internal enum GlobSyntax
{
    /// <summary>A slash is a character like any other.</summary>
    Name,

    /// <summary>
    /// <c>*</c>, <c>?</c> and brackets stay inside a component; <c>**</c> crosses slashes where it is a whole component.
    /// </summary>
    GitPath,

    /// <summary>As <see cref="GitPath"/>, but <c>**</c> crosses slashes wherever it stands.</summary>
    Path,
}
