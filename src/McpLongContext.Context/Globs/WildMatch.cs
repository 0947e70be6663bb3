namespace McpLongContext.Context.Globs;

/// <summary>Git's glob matching (<c>wildmatch.c</c>), on UTF-8 bytes as git does it.</summary>
internal static class WildMatch
{
    /// <summary>Whether the whole text matches.</summary>
    /// <param name="pattern">The glob.</param>
    /// <param name="text">The name or path.</param>
    /// <param name="isPath">Whether slashes separate components that <c>*</c> must not cross.</param>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool isPath) =>
        GlobMatcher<byte>.IsMatch(pattern, text, isPath ? GlobSyntax.GitPath : GlobSyntax.Name);

    /// <summary>Whether the byte has a meaning of its own in a pattern.</summary>
    public static bool IsSpecial(byte b) => GlobMatcher<byte>.IsSpecial(b);
}
