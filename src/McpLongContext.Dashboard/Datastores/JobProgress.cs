using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Text;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>How far a job is: a share where the whole is known, the rate, and the time left.</summary>
/// <param name="Report">The report of the job.</param>
public sealed record JobProgress(IngestReport Report)
{
    /// <summary>Whether the job still works.</summary>
    public bool IsActive => !Report.State.IsFinal();

    /// <summary>The stage, in words.</summary>
    public string Stage =>
        Report.State switch
        {
            IngestState.Indexing => "Indexing",
            IngestState.Encoding => "Encoding; already searchable lexically (BM25)",
            IngestState.Memorizing => "Building the decoder memory; already searchable",
            IngestState.Complete => "Complete",
            IngestState.LexicalOnly => "Lexical (BM25) index only",
            IngestState.Cancelled => "Cancelled; what was stored is kept",
            _ => "Failed; what was stored is kept",
        };

    /// <summary>The documents that the job has read.</summary>
    public int Documents => Report.Added + Report.Updated + Report.Unchanged + Report.Renamed;

    /// <summary>The share that is encoded, 0 to 1; <see langword="null"/> while nobody knows how much there is.</summary>
    public double? Share =>
        Report.State == IngestState.Encoding && Report.DocumentsToEncode > 0
            ? 1 - ((double)Report.PendingDocuments / Report.DocumentsToEncode)
            : null;

    /// <summary>The rate of the stage; empty before there is any.</summary>
    public string Rate =>
        Report.State switch
        {
            IngestState.Indexing when Report is { Bytes: > 0, ElapsedSeconds: > 0 } =>
                $"{Amount.Bytes(Report.Bytes / Report.ElapsedSeconds)}/s",
            IngestState.Encoding when Report.EncodedTokens > 0 && StageSeconds > 0 =>
                $"{Amount.Of((long)(Report.EncodedTokens / StageSeconds))} tokens/s",
            _ => "",
        };

    /// <summary>The time left, of documents of the average length so far; empty before there is a rate.</summary>
    public string Left =>
        Share is > 0 and < 1 ? Amount.Duration(StageSeconds * (1 - Share.Value) / Share.Value) + " left" : "";

    private double StageSeconds => Report.ElapsedSeconds - Report.SearchableSeconds;
}
