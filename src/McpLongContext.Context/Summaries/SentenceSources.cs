using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Context.Summaries;

/// <summary>
/// The sentences of a summary, each with the lines that its tokens attended to most, over all heads and retrieving
/// layers.
/// </summary>
/// <param name="documents">The texts in the order of their encoded tokens.</param>
/// <param name="frameBegin">Tokens of the frame before each text.</param>
/// <param name="frameLength">Tokens of the frame.</param>
internal sealed class SentenceSources(IReadOnlyList<SummaryDocument> documents, int frameBegin, int frameLength)
{
    private const int MaxSources = 3;

    /// <summary>The least share of a sentence's attention that is cited.</summary>
    private const double LeastShare = 0.05;

    /// <summary>Lines beside the most attended one that belong to it, by the share of its weight.</summary>
    private const double NeighborShare = 0.5;

    private readonly int[] _starts = Starts(documents, frameLength);

    /// <summary>Cuts a summary into sentences and cites the sources of each.</summary>
    /// <param name="found">The summary.</param>
    /// <param name="attended">The source tokens that the summary's tokens attended to.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public IReadOnlyList<SummarySentence> Cite(FoundTarget found, AttendedSource attended, Tokenizer tokenizer)
    {
        var sentences = new List<SummarySentence>();
        var (text, rows) = (new StringBuilder(), new List<int>());
        var decoder = new TokenDecoder(tokenizer, atStart: true);
        for (var i = 0; i < found.Tokens.Count; i++)
        {
            var piece = decoder.Append(found.Tokens[i]);
            // A sentence is over when the next one begins.
            if (
                EndsSentence(text)
                && piece.Length > 0
                && (char.IsWhiteSpace(piece[0]) || text[^1] is '。' or '！' or '？')
            )
            {
                End();
            }

            text.Append(piece);
            rows.Add(found.Rows[i]);
        }

        text.Append(decoder.Flush());
        End();
        return sentences;

        void End()
        {
            if (text.ToString().Trim() is { Length: > 0 } sentence)
            {
                sentences.Add(new SummarySentence(sentence, SourcesOf(rows, attended)));
            }

            text.Clear();
            rows.Clear();
        }
    }

    private static int[] Starts(IReadOnlyList<SummaryDocument> documents, int frameLength)
    {
        var starts = new int[documents.Count + 1];
        for (var i = 0; i < documents.Count; i++)
        {
            starts[i + 1] = starts[i] + documents[i].Tokens + frameLength;
        }

        return starts;
    }

    private static bool EndsSentence(StringBuilder text) =>
        text.Length > 1 && text[^1] is '.' or '!' or '?' or '。' or '！' or '？' or '\n';

    private List<AttendedLines> SourcesOf(List<int> rows, AttendedSource attended)
    {
        var lines = new SortedDictionary<(int Document, int Line), (double Weight, int First, int Last)>();
        var total = 0.0;
        foreach (var (token, weight) in rows.SelectMany(attended.Of))
        {
            if (PlaceOf(token) is not { } place)
            {
                continue;
            }

            var key = (place.Document, documents[place.Document].Text.LinesOf(place.Token, 1).Start);
            var (sum, first, last) = lines.GetValueOrDefault(key, (0, place.Token, place.Token));
            lines[key] = (sum + weight, Math.Min(first, place.Token), Math.Max(last, place.Token));
            total += weight;
        }

        var sources = new List<AttendedLines>();
        while (sources.Count < MaxSources && lines.Count > 0)
        {
            var best = lines.MaxBy(line => line.Value.Weight);
            var source = TakeAround(lines, best.Key, best.Value.Weight * NeighborShare);
            if (sources.Count > 0 && source.Weight < LeastShare * total)
            {
                break;
            }

            var text = documents[best.Key.Document].Text;
            var count = source.Last - source.First + 1;
            sources.Add(new AttendedLines(text.Cite(source.First, count), count, source.Weight / total));
        }

        return [.. sources.OrderByDescending(source => source.Share)];
    }

    /// <summary>Takes a line, and those around it that follow one another and have enough weight, out of all.</summary>
    private static (double Weight, int First, int Last) TakeAround(
        SortedDictionary<(int Document, int Line), (double Weight, int First, int Last)> lines,
        (int Document, int Line) line,
        double least
    )
    {
        var taken = lines[line];
        lines.Remove(line);
        foreach (var step in (ReadOnlySpan<int>)[-1, 1])
        {
            var next = (line.Document, Line: line.Line + step);
            while (lines.TryGetValue(next, out var neighbor) && neighbor.Weight >= least)
            {
                lines.Remove(next);
                taken = (
                    taken.Weight + neighbor.Weight,
                    Math.Min(taken.First, neighbor.First),
                    Math.Max(taken.Last, neighbor.Last)
                );
                next.Line += step;
            }
        }

        return taken;
    }

    /// <summary>The token of a text; <see langword="null"/> for one of the frame.</summary>
    private (int Document, int Token)? PlaceOf(int token)
    {
        var document = Array.BinarySearch(_starts, token);
        document = document >= 0 ? document : ~document - 1;
        var place = token - _starts[document] - frameBegin;
        return place >= 0 && place < documents[document].Tokens ? (document, place) : null;
    }
}
