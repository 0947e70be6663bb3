using System.Text.RegularExpressions;

namespace McpLongContext.Context.Summaries;

/// <summary>Names an encoder-decoder's encoded sources in datastores: those of equal names are of one kind.</summary>
/// <param name="Model">The model's identity, as it is stored.</param>
/// <param name="Version">The version of the way sources are encoded.</param>
/// <param name="Encoding">Window, overlap and prefix.</param>
internal sealed partial record SourceName(string Model, int Version, string Encoding)
{
    /// <summary>Whether a stored name is one of these.</summary>
    public static bool Is(string stored) => Form().IsMatch(stored);

    /// <summary>The form that is stored.</summary>
    public override string ToString() => $"{Model};source {Version};{Encoding}";

    [GeneratedRegex(@"\A.*;source \d{1,9};[^;]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
