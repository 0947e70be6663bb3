using System.Collections.Frozen;

namespace McpLongContext.Documents.Markup;

/// <summary>
/// Bounds the nesting of HTML before it is parsed: the time of a parser that follows the standard grows with the square
/// of it. Counts elements that must be closed.
/// </summary>
internal static class TagDepth
{
    private const int Most = 2_000;

    /// <summary>Elements that are void, or that end without a tag of their own.</summary>
    private static readonly FrozenSet<string> s_uncounted =
        "area base br col embed hr img input link meta param source track wbr html head body p li dd dt tr td th tbody thead tfoot option optgroup rp rt colgroup"
            .Split(' ')
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Throws when elements are nested too deeply.</summary>
    public static void Check(ReadOnlySpan<char> html)
    {
        var uncounted = s_uncounted.GetAlternateLookup<ReadOnlySpan<char>>();
        var depth = 0;
        for (int next; (next = html.IndexOf('<')) >= 0; )
        {
            html = html[(next + 1)..];
            var isEnd = html is ['/', ..];
            var name = isEnd ? html[1..] : html;
            var length = name.IndexOfAnyExcept(s_letters);
            name = name[..(length < 0 ? name.Length : length)];
            if (name.IsEmpty || uncounted.Contains(name))
            {
                continue;
            }

            depth = isEnd ? Math.Max(0, depth - 1) : depth + 1;
            if (depth > Most)
            {
                throw new UnreadableDocumentException($"its elements are nested deeper than {Most} levels");
            }
        }
    }

    private static readonly System.Buffers.SearchValues<char> s_letters = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"
    );
}
