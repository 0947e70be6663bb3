using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace McpLongContext.Storage.Analysis;

/// <summary>English words too frequent to tell passages apart.</summary>
internal static class StopWords
{
    private static readonly FrozenSet<string> s_words =
        "a an and are as at be by for from has have had he she his her him i in is it its of on or that the their them they this to was were will with you your we our what which who when where why how did do does not but if so than then there these those into about"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_words.GetAlternateLookup<
        ReadOnlySpan<char>
    >();

    private static readonly int s_longest = s_words.Max(word => word.Length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Contains(ReadOnlySpan<char> word) => word.Length <= s_longest && s_lookup.Contains(word);
}
