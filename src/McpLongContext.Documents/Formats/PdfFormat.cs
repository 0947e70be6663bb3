using McpLongContext.Documents.Pdf;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Exceptions;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// PDF: the text of its pages, columns one after the other, with headings. Cited by page as viewers count them:
/// <c>#page=12</c>. A file of scanned pages has no text and is reported as such.
/// </summary>
internal sealed class PdfFormat : IDocumentFormat
{
    /// <summary>Readers accept the mark within this many bytes.</summary>
    private const int MarkWithin = 1024;

    /// <inheritdoc/>
    public string Name => "PDF";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Bytes.Span[..Math.Min(file.Bytes.Length, MarkWithin)].IndexOf("%PDF-"u8) >= 0
        && (file.Extension == ".pdf" || file.StartsWith("%PDF-"u8));

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var document = Open(file, budget);
        var pages = document.NumberOfPages;
        var reading = new PageText(text, budget);
        int images = 0,
            damaged = 0;
        var hasText = false;
        Exception? damage = null;
        for (var number = 1; number <= pages; number++)
        {
            budget.Check();
            text.Mark($"page={number}");
            try
            {
                var page = document.GetPage(number);
                images += page.NumberOfImages > 0 ? 1 : 0;
                hasText |= reading.Add(page);
            }
            catch (Exception error) when (error is not (UnreadableDocumentException or OperationCanceledException))
            {
                // The other pages can be read all the same.
                damaged++;
                damage = error;
                text.Add($"(page {number} is damaged and was not read)");
            }
        }

        return hasText ? true
            : damaged > 0 ? throw damage!
            : images > 0
                ? throw new UnreadableDocumentException(
                    $"scanned: its {pages} pages are images without text; recognize the text first, for example with ocrmypdf"
                )
            : throw new UnreadableDocumentException($"a PDF of {pages} pages without text");
    }

    private static PdfDocument Open(DocumentFile file, ReadBudget budget)
    {
        try
        {
            var options = new ParsingOptions
            {
                UseLenientParsing = true,
                SkipMissingFonts = true,
                MaxStackDepth = ReadBudget.MaxDepth,
                FilterProvider = new BoundedFilters(budget),
            };
            return PdfDocument.Open(file.Open(), options);
        }
        catch (PdfDocumentEncryptedException error)
        {
            throw new UnreadableDocumentException("encrypted: it opens only with a password; save it without", error);
        }
    }
}
