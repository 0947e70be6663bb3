using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Ingestion;

/// <summary>
/// The skipped files that a report lists: the first ones of each reason, so that a million images
/// neither fill the RAM nor hide the one file that could not be read.
/// </summary>
internal static class SkippedFiles
{
    /// <summary>Files kept of one reason.</summary>
    public const int KeptPerReason = 1000;

    /// <summary>Files kept in all.</summary>
    public const int Kept = 10_000;

    /// <summary>The files kept before and those of the new ones that are kept, too.</summary>
    public static IReadOnlyList<SkippedFile> Append(IReadOnlyList<SkippedFile> before, IReadOnlyList<SkippedFile> more)
    {
        if (more.Count == 0)
        {
            return before;
        }

        var perReason = before
            .CountBy(file => file.Reason, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        var kept = before.ToList();
        foreach (var file in more)
        {
            var same = perReason.GetValueOrDefault(file.Reason);
            if (kept.Count < Kept && same < KeptPerReason)
            {
                kept.Add(file);
                perReason[file.Reason] = same + 1;
            }
        }

        return kept;
    }
}
