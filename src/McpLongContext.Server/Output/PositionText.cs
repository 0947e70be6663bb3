using System.Globalization;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Server.Output;

/// <summary>Writes out what became of a model's window.</summary>
internal static class PositionText
{
    public static string Render(PositionReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {VisibleText.Name(report.Model)}: window of {report.NewLength:N0} tokens (before {report.OldLength:N0}, trained {report.TrainedLength:N0}), {Method(report)}, from its next request on.
            Memory of a full window: {IngestText.Size(report.Memory.TotalBytes)} (before {IngestText.Size(
                report.OldMemory.TotalBytes
            )}), {Memory(report.Memory)}.
            A text of {report.Parity.Tokens} tokens, against the trained positions: {Parity(report.Parity)}.
            """
        );

    private static string Method(PositionReport report) =>
        report.Method == PositionMethod.Trained
            ? $"{report.Kind.ToString().ToLowerInvariant()} positions as trained"
            : $"{report.Kind.ToString().ToLowerInvariant()} positions by {report.Method.Name()}";

    private static string Memory(FootprintEstimate memory) =>
        memory.KeyValueCacheBytes > 0
            ? $"of which {IngestText.Size(memory.KeyValueCacheBytes)} are the key/value cache"
            : $"of which {IngestText.Size(memory.PositionTableBytes)} are the table of positions";

    private static string Parity(PositionParity parity) =>
        parity.Similarity is { } similarity
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"cosine {similarity:0.0000}, largest change of a state's element {parity.LargestChange:0.####}"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"perplexity {parity.Perplexity:0.00} instead of {parity.TrainedPerplexity:0.00}, the same likeliest token "
                    + $"in {parity.SameChoices:0.0%}, divergence {parity.Divergence:0.0000} nats, largest change of a logit "
                    + $"{parity.LargestChange:0.###}"
            );
}
