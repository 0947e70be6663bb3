using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>How an answer relates to the files on disk, in a line.</summary>
internal static class FreshnessText
{
    private const int Named = 5;
    private const int CommitDigits = 12;

    public static string Render(FreshnessReport freshness)
    {
        var text = new StringBuilder("Snapshot: ");
        text.Append(freshness.Fresh ? "fresh" : "not everything is fresh");
        if (freshness.Refreshed > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $", {IngestText.Count(freshness.Refreshed, "changed file")} read again"
            );
        }

        if (freshness.StaleCount > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"; {IngestText.Count(freshness.StaleCount, "changed file")} left out until read again: {Names(freshness.Stale, freshness.StaleCount)}"
            );
        }

        if (freshness.Missing.Count > 0)
        {
            text.Append("; nothing exists at present at ")
                .Append(Names(freshness.Missing, freshness.Missing.Count))
                .Append(", whose documents were left out");
        }

        if (freshness.Unchecked.Count > 0)
        {
            text.Append("; not compared with the disk, outside the allowed roots: ")
                .Append(Names(freshness.Unchecked, freshness.Unchecked.Count));
        }

        foreach (var tree in freshness.Git)
        {
            text.Append("; Git ")
                .Append(VisibleText.Name(tree.Root))
                .Append(" at ")
                .Append(tree.Commit[..CommitDigits]);
            if (tree.Branch is { } branch)
            {
                text.Append(" (").Append(VisibleText.Name(branch)).Append(')');
            }

            text.Append(
                tree.Dirty switch
                {
                    true => ", dirty",
                    false => ", clean",
                    null => "",
                }
            );
        }

        return text.ToString();
    }

    private static string Names(IReadOnlyList<string> names, int count)
    {
        var shown = string.Join(", ", names.Take(Named).Select(VisibleText.Name));
        return count > Named ? string.Create(CultureInfo.InvariantCulture, $"{shown} and {count - Named} more") : shown;
    }
}
