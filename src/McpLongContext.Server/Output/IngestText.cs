using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>Reports of ingest jobs in words.</summary>
internal static class IngestText
{
    private const int SkippedPerReason = 5;
    private const int SkippedReasons = 10;

    /// <summary>One line on where a job stands.</summary>
    public static string Progress(IngestReport report)
    {
        var documents = Documents(report);
        return report.State switch
        {
            IngestState.Indexing => $"indexing: {Count(documents, "document")}, {Size(report.Bytes)}",
            IngestState.Encoding =>
                $"encoding: {report.EncodedTokens:N0} tokens, {Count(report.PendingDocuments, "document")} to go; "
                    + "already searchable lexically",
            IngestState.Memorizing => $"{Memory(report.Memory)}; already searchable",
            IngestState.Complete => $"complete: {Count(documents, "document")}",
            IngestState.LexicalOnly => $"lexical (BM25) index only: {Count(documents, "document")}",
            IngestState.Cancelled => "cancelled",
            _ => "failed",
        };
    }

    /// <summary>The outcome of a job: stored documents, skipped files with reasons, the next step.</summary>
    public static string Render(IngestReport report)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{VisibleText.Name(report.Datastore)}: {report.Added} added, {report.Updated} updated, {report.Unchanged} unchanged"
        );
        AppendIfAny(text, report.Renamed, "renamed");
        AppendIfAny(text, report.Removed, "removed");
        var commits = report.Commits == 0 ? "" : $" and {Count(report.Commits, "commit")}";
        text.Append(
            CultureInfo.InvariantCulture,
            $" ({Size(report.Bytes)}, {Count(report.Passages, "passage")}{commits} in the datastore). "
        );
        text.Append(State(report)).Append(report.Watched ? " Watched for changes.\n" : "\n");
        var unnamed = report.SkippedCount;
        foreach (
            var group in report.Skipped.GroupBy(skipped => skipped.Reason, StringComparer.Ordinal).Take(SkippedReasons)
        )
        {
            string[] paths = [.. group.Select(skipped => skipped.Path)];
            AppendSkipped(text, group.Key, paths);
            unnamed -= paths.Length;
        }

        if (unnamed > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"Skipped, {unnamed:N0} more for these or other reasons: {Count(report.SkippedCount, "file")} in all.\n"
            );
        }

        foreach (var note in report.Notes)
        {
            text.Append("Note: ").Append(VisibleText.Name(note)).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>
    /// The report with a bounded list of skipped files, a few of each reason; a repository full of images must not
    /// flood the agent that ingests it.
    /// </summary>
    public static IngestReport Bound(IngestReport report)
    {
        var kept = report
            .Skipped.GroupBy(skipped => skipped.Reason, StringComparer.Ordinal)
            .SelectMany(group => group.Take(SkippedPerReason))
            .Take(SkippedReasons * SkippedPerReason)
            .ToArray();
        return report with { Skipped = kept };
    }

    /// <summary>A line on changes of watched sources.</summary>
    public static string Watched(WatchReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{VisibleText.Name(report.Datastore)}: {Count(report.Files, "changed file")} searchable after {report.Seconds:0.00} s"
        );

    /// <summary>A number with its noun.</summary>
    public static string Count(long number, string noun) => $"{number:N0} {noun}{(number == 1 ? "" : "s")}";

    /// <summary>A number of bytes.</summary>
    public static string Size(long bytes) =>
        bytes switch
        {
            < 1 << 10 => $"{bytes} B",
            < 1 << 20 => $"{bytes / 1024.0:0.#} KB",
            < 1 << 30 => $"{bytes / (1024.0 * 1024):0.#} MB",
            _ => $"{bytes / (1024.0 * 1024 * 1024):0.##} GB",
        };

    private static int Documents(IngestReport report) =>
        report.Added + report.Updated + report.Unchanged + report.Renamed;

    private static string State(IngestReport report) =>
        report.State switch
        {
            IngestState.Indexing => $"Still indexing after {report.ElapsedSeconds:0.#} s, job {report.Job}.",
            IngestState.Encoding =>
                $"Lexically searchable since {report.SearchableSeconds:0.#} s; encoding continues in the background, "
                    + $"{Count(report.PendingDocuments, "document")} to go, job {report.Job}.",
            IngestState.Memorizing =>
                $"Searchable; {Memory(report.Memory)} after {report.ElapsedSeconds:0.#} s, job {report.Job}.",
            IngestState.Complete =>
                $"Complete in {report.ElapsedSeconds:0.#} s, {report.EncodedTokens:N0} tokens encoded." + Built(report),
            IngestState.LexicalOnly => $"Lexically searchable after {report.SearchableSeconds:0.#} s; "
                + $"{Count(report.PendingDocuments, "document")} without token embeddings."
                + Built(report),
            IngestState.Cancelled => "Cancelled; what was stored before is kept.",
            _ => "Failed; what was stored before is kept.",
        };

    private static string Built(IngestReport report) => report.Memory is null ? "" : $" {Memory(report.Memory)}.";

    private static string Memory(MemoryProgress? memory) =>
        memory is null
            ? "Memory: the local model is being prepared"
            : $"Memory of {VisibleText.Name(memory.Model)}: {memory.Tokens:N0} of {memory.TotalTokens:N0} tokens";

    private static void AppendIfAny(StringBuilder text, int count, string what)
    {
        if (count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", {count} {what}");
        }
    }

    private static void AppendSkipped(StringBuilder text, string reason, string[] paths)
    {
        var shown = string.Join(", ", paths.Take(SkippedPerReason).Select(VisibleText.Name));
        var rest = paths.Length > SkippedPerReason ? $" and {paths.Length - SkippedPerReason} more" : "";
        text.Append(CultureInfo.InvariantCulture, $"Skipped, {VisibleText.Name(reason)}: {shown}{rest}\n");
    }
}
