using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Training.Encoders.Pairs;

/// <summary>The first sentence of a documentation comment, and the definition without the comment.</summary>
internal sealed class DocumentationPairs : IPairKind
{
    private const int LeastPassage = 60;

    /// <inheritdoc />
    public string Name => "documentation";

    /// <inheritdoc />
    public IEnumerable<TextPair> Of(SourceText document)
    {
        if (document.Kind != DocumentKind.Code)
        {
            yield break;
        }

        foreach (var passage in document.Passages.Where(passage => passage.Symbols.Count > 0))
        {
            if (
                DocumentationComment.Find(passage.Text) is var (said, code)
                && DocumentationText.Sentence(said) is { } sentence
                && code.Length >= LeastPassage
            )
            {
                yield return new TextPair(
                    Name,
                    sentence,
                    EncoderText.Header(document.Path, passage.Context),
                    EncoderText.Body(code, document.Kind),
                    document.PlaceOf(0)
                );
            }
        }
    }
}
