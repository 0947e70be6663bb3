using System.Text.RegularExpressions;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>
/// A sentence of a text, and the rest of its passage (the inverse cloze task, Lee et al., arXiv 1906.00300): what keeps
/// the encoder good at texts that have neither comments nor headings.
/// </summary>
internal sealed partial class SentencePairs : IPairKind
{
    private const int LeastWords = 6;
    private const int MostWords = 40;
    private const int LeastPassageWords = 20;

    /// <inheritdoc />
    public string Name => "sentences";

    /// <inheritdoc />
    public IEnumerable<TextPair> Of(SourceText document)
    {
        if (document.Kind is DocumentKind.Code or DocumentKind.Data)
        {
            yield break;
        }

        foreach (var (index, passage) in document.Passages.Index())
        {
            var sentences = End().Split(passage.Text.Trim());
            // Another place in every passage, the same one in every run.
            var chosen = sentences[index % sentences.Length];
            var rest = string.Join(' ', sentences.Where(sentence => !ReferenceEquals(sentence, chosen)));
            if (
                WordsOf(chosen) is >= LeastWords and <= MostWords
                && WordsOf(rest) >= LeastPassageWords
                && PlainWords.Are(chosen)
            )
            {
                yield return new TextPair(
                    Name,
                    chosen.Trim(),
                    Header: "",
                    EncoderText.Body(rest, document.Kind),
                    document.PlaceOf(index)
                );
            }
        }
    }

    private static int WordsOf(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    [GeneratedRegex(@"(?<=[.!?])\s+", RegexOptions.None, matchTimeoutMilliseconds: -1)]
    private static partial Regex End();
}
