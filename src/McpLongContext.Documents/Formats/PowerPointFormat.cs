using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Presentation;
using McpLongContext.Documents.Office;
using Drawing = DocumentFormat.OpenXml.Drawing;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// PowerPoint: slides in their order, each with its title as a heading, its texts, tables and notes. Cited by slide,
/// 1-based: <c>#slide=3</c>.
/// </summary>
internal sealed class PowerPointFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "PowerPoint";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        OfficePackage.IsEncrypted(file, ".pptx", ".pptm") || file.Parts.Contains("ppt/presentation.xml");

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        OfficePackage.Check(file, budget);
        using var document = PresentationDocument.Open(file.Open(), isEditable: false, OfficePackage.Settings);
        if (document.PresentationPart is not { Presentation: { } presentation } part)
        {
            return false;
        }

        var number = 0;
        foreach (var id in presentation.SlideIdList?.Elements<SlideId>() ?? [])
        {
            text.Mark($"slide={++number}");
            if (id.RelationshipId?.Value is { } relationship && part.GetPartById(relationship) is SlidePart slide)
            {
                AddSlide(slide, number, text, budget);
            }
        }

        return true;
    }

    private static void AddSlide(SlidePart slide, int number, TextBuilder text, ReadBudget budget)
    {
        if (slide.Slide?.CommonSlideData?.ShapeTree is not { } tree)
        {
            return;
        }

        var title = tree.Descendants<Shape>().FirstOrDefault(IsTitle);
        text.AddHeading(2, title is null ? $"Slide {number}" : TextBuilder.OneLine(string.Join(' ', LinesOf(title))));
        foreach (var element in tree.Descendants())
        {
            budget.Check();
            if (element is Shape shape && shape != title)
            {
                text.AddParagraph(string.Join('\n', LinesOf(shape)));
            }
            else if (element is Drawing.Table table)
            {
                text.Blank();
                foreach (var row in table.Elements<Drawing.TableRow>())
                {
                    text.AddRow(row.Elements<Drawing.TableCell>().Select(cell => string.Join(' ', LinesOf(cell))));
                }

                text.Blank();
            }
        }

        var notes = slide.NotesSlidePart?.NotesSlide?.CommonSlideData?.ShapeTree?.Elements<Shape>().Where(IsBody);
        if (string.Join('\n', (notes ?? []).SelectMany(LinesOf)) is { Length: > 0 } said)
        {
            text.AddParagraph("Notes: " + said);
        }
    }

    private static bool IsTitle(Shape shape) =>
        TypeOf(shape) is { } type && (type == PlaceholderValues.Title || type == PlaceholderValues.CenteredTitle);

    private static bool IsBody(Shape shape) => TypeOf(shape) is { } type && type == PlaceholderValues.Body;

    private static PlaceholderValues? TypeOf(Shape shape) =>
        shape.NonVisualShapeProperties?.ApplicationNonVisualDrawingProperties?.PlaceholderShape?.Type?.Value;

    private static IEnumerable<string> LinesOf(OpenXmlElement element) =>
        element
            .Descendants<Drawing.Paragraph>()
            .Select(paragraph =>
                string.Concat(
                    paragraph
                        .Descendants()
                        .Select(part =>
                            part switch
                            {
                                Drawing.Text words => words.Text,
                                Drawing.Break => "\n",
                                _ => "",
                            }
                        )
                )
            )
            .Where(line => !string.IsNullOrWhiteSpace(line));
}
