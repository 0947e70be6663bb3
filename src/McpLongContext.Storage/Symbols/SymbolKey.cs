namespace McpLongContext.Storage.Symbols;

/// <summary>
/// The form in which names are compared: lower case, letters and digits alone. <c>RequestContext</c>,
/// <c>request_context</c> and the words <c>request context</c> have one key.
/// </summary>
public static class SymbolKey
{
    /// <summary>The key of a name; empty where it has neither letters nor digits.</summary>
    public static string Of(ReadOnlySpan<char> name)
    {
        var key = name.Length <= 256 ? stackalloc char[name.Length] : new char[name.Length];
        var length = 0;
        foreach (var c in name)
        {
            if (char.IsLetterOrDigit(c))
            {
                key[length++] = char.ToLowerInvariant(c);
            }
        }

        return key[..length].ToString();
    }
}
