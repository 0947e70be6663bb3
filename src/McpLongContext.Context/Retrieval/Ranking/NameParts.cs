namespace McpLongContext.Context.Retrieval.Ranking;

/// <summary>The words that a name is put together from.</summary>
internal static class NameParts
{
    /// <summary>The parts in lower case: <c>HttpServer_v2</c> gives <c>http server v 2</c>.</summary>
    public static IEnumerable<string> Of(string name)
    {
        var start = 0;
        for (var i = 1; i <= name.Length; i++)
        {
            if (i == name.Length || BeginsPart(name, i))
            {
                if (char.IsLetterOrDigit(name[start]))
                {
                    yield return name[start..i].ToLowerInvariant();
                }

                start = i;
            }
        }
    }

    private static bool BeginsPart(string name, int i)
    {
        var (before, here) = (name[i - 1], name[i]);
        return !char.IsLetterOrDigit(here)
            || !char.IsLetterOrDigit(before)
            || char.IsDigit(here) != char.IsDigit(before)
            || (char.IsUpper(here) && !char.IsUpper(before))
            || (char.IsUpper(here) && i + 1 < name.Length && char.IsLower(name[i + 1]));
    }
}
