using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>Reports of streams of bits in words.</summary>
internal static class BitText
{
    private const int BytesOfLine = 16;
    private const int MostWindows = 20;

    /// <summary>The least likely bytes in a hex view, then the figures of the windows.</summary>
    public static string Render(LongInferenceReport report, BitStreamReport stream)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{VisibleText.Name(stream.Path)}: {stream.BitsPerByte:0.000} bits a byte by {report.Model}, {stream.CoveredBits:N0} of {stream.TotalBits:N0} {(stream.RunLength ? "run-length coded bits" : "bits")} in {IngestText.Count(stream.WindowCount, "window")} of {stream.CtxBits}, {report.Seconds:0.0} s, {report.TokensPerSecond:N0} bits/s\n"
        );
        if (stream.Unlikely.Count > 0)
        {
            text.Append("Least likely (offset, bytes, bits a byte):\n");
        }

        foreach (var span in stream.Unlikely)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{span.Offset:x8}\t{span.Length}\t{span.BitsPerByte:0.0}\n");
            AppendHex(text, span);
        }

        AppendWindows(text, stream);
        return text.ToString();
    }

    private static void AppendHex(StringBuilder text, UnlikelyBytes span)
    {
        var bytes = Convert.FromHexString(span.Hex);
        for (var start = 0; start < bytes.Length; start += BytesOfLine)
        {
            var line = bytes.AsSpan(start, Math.Min(BytesOfLine, bytes.Length - start));
            text.Append(CultureInfo.InvariantCulture, $"  {span.Offset + start:x8}  ");
            foreach (var value in line)
            {
                text.Append(CultureInfo.InvariantCulture, $"{value:x2} ");
            }

            text.Append(' ', 3 * (BytesOfLine - line.Length)).Append(" |");
            foreach (var value in line)
            {
                text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
            }

            text.Append("|\n");
        }
    }

    private static void AppendWindows(StringBuilder text, BitStreamReport stream)
    {
        text.Append("Windows (first bit, bits a byte, negentropy K, complexity C, symbiosis S, attention entropy):\n");
        foreach (var window in stream.Windows.Take(MostWindows))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{window.FirstBit}\t{window.BitsPerByte:0.00}\t{window.Negentropy:0.000}\t{window.Complexity:0.000}\t{window.Symbiosis:0.000}\t{window.AttentionEntropy:0.00}{(window.Passes ? "" : "\tgate closed")}\n"
            );
        }

        if (stream.WindowCount > MostWindows)
        {
            text.Append(CultureInfo.InvariantCulture, $"... and {stream.WindowCount - MostWindows:N0} more\n");
        }

        if (stream.ClosedGates > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"The safety gate was closed in {IngestText.Count(stream.ClosedGates, "window")}: predictions are repetitive or overconfident.\n"
            );
        }
    }
}
