using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Server.Output;

/// <summary>The findings of a verification in words, with the remedy of each.</summary>
internal static class DamageText
{
    private const int NamedDocuments = 3;
    private const string ReadAgain = "Ingest again with the memory infini: it is made anew.";

    /// <summary>A datastore's outcome, then a line for each finding.</summary>
    public static string Render(VerifyReport report)
    {
        var outcome = (report.Sound, report.Repaired) switch
        {
            (true, _) => "sound",
            (_, true) => "repaired; ingest again to renew what was dropped",
            _ => "damaged; run verify with --repair, then ingest again",
        };
        var findings = report.Findings.Select(damage => $"\n  {VisibleText.Name(Render(damage))}");
        return $"{VisibleText.Name(report.Datastore)}: {outcome}{string.Concat(findings)}";
    }

    /// <summary>The place of a damage, then what is damaged there and what to do.</summary>
    public static string Render(DamageReport damage) => $"{damage.Where}: {Sentence(damage)}";

    private static string Sentence(DamageReport damage) =>
        damage.Code switch
        {
            DamageCode.Database => $"{damage.Subject}. Remove the datastore and ingest its sources again.",
            DamageCode.DocumentEntry => "The document's entry is damaged. Ingest the document again.",
            DamageCode.Passages =>
                $"{damage.LostPassages} of its {damage.ExpectedPassages} passages are damaged or missing. "
                    + "Ingest the document again.",
            DamageCode.PassageCounter => $"The next passage would get the id {damage.Subject}, which is taken.",
            DamageCode.LexicalIndex when damage.Subject.Length == 0 =>
                "The lexical index does not hold every passage once.",
            DamageCode.LexicalIndex => $"The lexical index is damaged: {damage.Subject}",
            DamageCode.Commits => $"{damage.Subject} commits are damaged. Ingest their source again.",
            DamageCode.EmbeddingProfile =>
                $"The statistics of encoder '{damage.Subject}' are damaged. Encode the documents again.",
            DamageCode.Segment => $"The embeddings or keys of {damage.LostPassages} passages are damaged or missing"
                + $"{Documents(damage.Documents)}. They are computed again when the documents are encoded next.",
            DamageCode.CompressiveMemoryEntry =>
                $"The entry of compressive memory {damage.Subject} is damaged. {ReadAgain}",
            DamageCode.CompressiveMemoryFile =>
                $"The compressive memory of {damage.Subject} is damaged or missing. {ReadAgain}",
            _ => throw new ArgumentOutOfRangeException(nameof(damage), damage.Code, "A damage without words."),
        };

    private static string Documents(IReadOnlyList<string> paths) =>
        paths.Count switch
        {
            0 => "",
            <= NamedDocuments => $" ({string.Join(", ", paths)})",
            _ => $" ({string.Join(", ", paths.Take(NamedDocuments))} and others)",
        };
}
