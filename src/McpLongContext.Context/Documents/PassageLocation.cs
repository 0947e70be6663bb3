using McpLongContext.Documents;

namespace McpLongContext.Context.Documents;

/// <summary>
/// Where a passage stands in a file of a document format. It is stored in front of the passage's context, so that it is
/// found, checked and kept with it: <c>#page=12 > Results</c> is cited instead of the lines, <c>@t=00:12:03</c> beside
/// them.
/// </summary>
/// <param name="Fragment">The place: <c>page=12</c>.</param>
/// <param name="IsBesideLines">Whether the lines of the text are those of the file, and are what is cited.</param>
internal readonly record struct PassageLocation(string Fragment, bool IsBesideLines)
{
    private const char Instead = '#';
    private const char Beside = '@';
    private const string Separator = " > ";

    /// <summary>The context that is stored.</summary>
    /// <param name="context">The headings of the passage; may be empty.</param>
    public string Prefix(string context) =>
        (IsBesideLines ? Beside : Instead) + Fragment + (context.Length > 0 ? Separator + context : "");

    /// <summary>Reads a stored context of a document that has a format.</summary>
    /// <param name="stored">As it is stored.</param>
    /// <param name="location">The place; <see langword="null"/> when the passage has none.</param>
    /// <returns>The headings.</returns>
    public static string Parse(string stored, out PassageLocation? location)
    {
        location = null;
        if (stored.Length < 2 || stored[0] is not (Instead or Beside))
        {
            return stored;
        }

        var end = stored.IndexOf(Separator, StringComparison.Ordinal);
        location = new PassageLocation(end < 0 ? stored[1..] : stored[1..end], stored[0] == Beside);
        return end < 0 ? "" : stored[(end + Separator.Length)..];
    }

    /// <summary>The place from here to the end of another one.</summary>
    public PassageLocation To(PassageLocation last) =>
        this with
        {
            Fragment = LocationFragment.Join(Fragment, last.Fragment),
        };
}
