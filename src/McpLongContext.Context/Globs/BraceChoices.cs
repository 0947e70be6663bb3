namespace McpLongContext.Context.Globs;

/// <summary>The patterns that a pattern with choices, <c>a.{cs,md}</c>, stands for.</summary>
internal static class BraceChoices
{
    /// <summary>The most patterns that one stands for; it bounds the time that a hostile one can cost.</summary>
    public const int Max = 1000;

    /// <summary>The characters that a backslash takes the meaning of.</summary>
    public const string Special = "[]{}";

    /// <summary>Writes the choices out, the first ones first. Braces in brackets or after a backslash are none.</summary>
    /// <exception cref="FormatException">A brace is not closed, or there are too many choices.</exception>
    public static IReadOnlyList<string> Expand(string glob)
    {
        var found = new List<string>();
        Expand(glob, found);
        return found;
    }

    /// <summary>The length of the class that begins a text, its brackets included; 0 where none does.</summary>
    public static int ClassLength(ReadOnlySpan<char> glob) =>
        glob.StartsWith("[") && glob.IndexOf(']') is > 1 and var end ? end + 1 : 0;

    private static void Expand(string glob, List<string> found)
    {
        var open = Next(glob, 0, "{");
        if (open == glob.Length)
        {
            if (found.Count == Max)
            {
                throw new FormatException($"its {{}} have more than {Max} choices");
            }

            found.Add(glob);
            return;
        }

        List<int> bounds = [open];
        var depth = 1;
        for (var i = open + 1; depth > 0; i++)
        {
            i = Next(glob, i, "{},");
            if (i == glob.Length)
            {
                throw new FormatException("a { is not closed");
            }

            depth += glob[i] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (depth == 0 || (depth == 1 && glob[i] == ','))
            {
                bounds.Add(i);
            }
        }

        foreach (var (begin, end) in bounds.Zip(bounds.Skip(1)))
        {
            Expand(string.Concat(glob[..open], glob[(begin + 1)..end], glob[(bounds[^1] + 1)..]), found);
        }
    }

    /// <summary>The next of some characters that is neither in a class nor after a backslash.</summary>
    private static int Next(string glob, int from, string characters)
    {
        var i = from;
        while (i < glob.Length && !characters.Contains(glob[i]))
        {
            var length = ClassLength(glob.AsSpan(i));
            var isEscape = glob[i] == '\\' && i + 1 < glob.Length && Special.Contains(glob[i + 1]);
            i +=
                length > 0 ? length
                : isEscape ? 2
                : 1;
        }

        return Math.Min(i, glob.Length);
    }
}
