using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>A heading, with the one above it where it says little, and what stands beneath it.</summary>
internal sealed class HeadingPairs : IPairKind
{
    private const int LeastWords = 3;
    private const int LeastPassageWords = 20;

    /// <inheritdoc />
    public string Name => "headings";

    /// <inheritdoc />
    public IEnumerable<TextPair> Of(SourceText document)
    {
        if (document.Kind != DocumentKind.Markdown)
        {
            yield break;
        }

        foreach (var (ordinal, passage) in document.Passages.Index())
        {
            var headings = passage.Context.Split(" > ", StringSplitOptions.RemoveEmptyEntries);
            var question = headings.LastOrDefault("");
            if (WordsOf(question) < LeastWords)
            {
                question = string.Join(' ', headings.TakeLast(2));
            }

            var text = WithoutHeadings(passage.Text);
            if (WordsOf(question) >= LeastWords && WordsOf(text) >= LeastPassageWords && PlainWords.Are(text))
            {
                yield return new TextPair(
                    Name,
                    question,
                    Header: "",
                    EncoderText.Body(text, document.Kind),
                    document.PlaceOf(ordinal)
                );
            }
        }
    }

    /// <summary>Otherwise the passage would be found by its heading alone.</summary>
    private static string WithoutHeadings(string text)
    {
        var lines = text.Split('\n');
        return string.Join(
            '\n',
            lines.Where(
                (line, i) =>
                    !MarkdownLines.IsHeading(line)
                    && !MarkdownLines.IsUnderline(line)
                    && !(i + 1 < lines.Length && MarkdownLines.IsUnderline(lines[i + 1]))
            )
        );
    }

    private static int WordsOf(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
}
