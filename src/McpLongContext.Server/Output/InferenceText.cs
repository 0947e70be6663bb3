using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>Reports of long inferences in words.</summary>
internal static class InferenceText
{
    /// <summary>One line on where an inference stands, with the figures of the window done last.</summary>
    public static string Progress(LongInferenceProgress progress)
    {
        var document = progress.Documents > 1 ? $"document {progress.Document} of {progress.Documents}, " : "";
        var last = progress.Last is { } window ? $"; done: {Figures(window)}" : "";
        var written = progress.NewTokens > 0 ? $", {IngestText.Count(progress.NewTokens, "token")} written" : "";
        return $"{document}window {progress.Window} of {progress.Windows} of {VisibleText.Name(progress.Path)}{written}{Left(progress)}{last}";
    }

    /// <summary>The model's output with citations, then the figures of every window.</summary>
    public static string Render(LongInferenceReport report)
    {
        if (report.BitStream is { } stream)
        {
            return BitText.Render(report, stream) + State(report);
        }

        var text = new StringBuilder();
        foreach (var window in report.Windows.Where(window => window.Output is not null))
        {
            text.Append(VisibleText.Name(window.Citation)).Append(window.Partial ? " (breaks off)\n" : "\n");
            text.Append(VisibleText.Lines(window.Output!)).Append("\n\n");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"{report.Model}: {IngestText.Count(report.Tokens, "token")} in {IngestText.Count(report.Windows.Count, "window")}"
        );
        AppendFigures(text, report.Perplexity, report.EntropyBits, report.Seconds, report.TokensPerSecond);
        text.Append('\n');
        if (report.Surprising.Count > 0)
        {
            text.Append("Most surprising (mean bits a token):\n");
        }

        foreach (var span in report.Surprising)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{VisibleText.Name(span.Citation)}\t{span.Bits:0.0}\t{VisibleText.Name(span.Text)}\n"
            );
        }

        AppendSentences(text, report.Sentences);
        text.Append("Windows:\n");
        foreach (var window in report.Windows)
        {
            text.Append(Figures(window)).Append('\n');
        }

        return text.Append(State(report)).Append(AnswerText.Memory(report.Memory)).ToString();
    }

    private static void AppendSentences(StringBuilder text, IReadOnlyList<SummarySentence> sentences)
    {
        if (sentences.Count > 0)
        {
            text.Append("Sentences and the lines that they attended to most:\n");
        }

        foreach (var sentence in sentences)
        {
            text.Append(VisibleText.Lines(sentence.Text)).Append('\n');
            foreach (var source in sentence.Sources)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"  {source.Share:P0}\t{VisibleText.Name(source.Citation)}\n"
                );
            }
        }
    }

    private static string State(LongInferenceReport report) =>
        report.State switch
        {
            InferenceState.Complete => "Complete.",
            InferenceState.Paused => $"There is more: the same call with cursor {report.NextCursor} continues.",
            _ when report.NextCursor is null => "Cancelled; the output breaks off.",
            _ => $"Cancelled; the same call with cursor {report.NextCursor} continues after the last whole window.",
        };

    private static string Left(LongInferenceProgress progress) =>
        progress.Remaining switch
        {
            null => "",
            { TotalHours: >= 1 } left => string.Create(
                CultureInfo.InvariantCulture,
                $", about {(int)left.TotalHours} h {left.Minutes} min left"
            ),
            { TotalMinutes: >= 1 } left => string.Create(
                CultureInfo.InvariantCulture,
                $", about {left.TotalMinutes:0} min left"
            ),
            { } left => string.Create(CultureInfo.InvariantCulture, $", about {left.TotalSeconds:0} s left"),
        };

    private static string Figures(WindowReport window)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{VisibleText.Name(window.Citation)}\t{IngestText.Count(window.Tokens, "token")}, {window.TokensRead:N0} read"
        );
        if (window.Output is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $", {window.NewTokens:N0} written");
        }

        AppendFigures(text, window.Perplexity, window.EntropyBits, window.Seconds, window.TokensPerSecond);
        return text.Append(window.Partial ? ", cancelled in its middle" : "").ToString();
    }

    private static void AppendFigures(
        StringBuilder text,
        double? perplexity,
        double? entropy,
        double seconds,
        double rate
    )
    {
        if (perplexity is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $", perplexity {perplexity:0.##}, entropy {entropy:0.##} bits");
        }

        text.Append(CultureInfo.InvariantCulture, $", {seconds:0.0} s, {rate:0} tokens/s");
    }
}
