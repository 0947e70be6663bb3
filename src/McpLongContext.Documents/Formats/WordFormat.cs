using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using McpLongContext.Documents.Office;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// Word documents: paragraphs under their headings, lists, tables, footnotes. The file knows no pages; it is cited by
/// the numbers of paragraphs and tables in its body, 1-based: <c>#paragraph=41</c>, <c>#table=2</c>.
/// </summary>
internal sealed class WordFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Word";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        OfficePackage.IsEncrypted(file, ".docx", ".docm") || file.Parts.Contains("word/document.xml");

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        OfficePackage.Check(file, budget);
        using var document = WordprocessingDocument.Open(file.Open(), isEditable: false, OfficePackage.Settings);
        if (document.MainDocumentPart is not { } main)
        {
            return false;
        }

        var reading = new Reading(text, budget, WordHeadings.Of(main.StyleDefinitionsPart));
        using (var reader = OpenXmlReader.Create(main))
        {
            while (reader.Read())
            {
                if (reader.ElementType == typeof(Body) && reader.IsStartElement)
                {
                    reading.AddBody(reader);
                    break;
                }
            }
        }

        AddNotes(main.FootnotesPart?.Footnotes?.Elements<Footnote>(), "footnote", text, budget);
        AddNotes(main.EndnotesPart?.Endnotes?.Elements<Endnote>(), "endnote", text, budget);
        return true;
    }

    private static void AddNotes(
        IEnumerable<FootnoteEndnoteType>? notes,
        string kind,
        TextBuilder text,
        ReadBudget budget
    )
    {
        foreach (var note in notes ?? [])
        {
            budget.Check();
            if (note.Type?.Value is null || note.Type.Value == FootnoteEndnoteValues.Normal)
            {
                text.Mark($"{kind}={note.Id?.Value}", cuts: false);
                text.AddParagraph(string.Join('\n', note.Elements<Paragraph>().Select(WordText.Of)));
            }
        }
    }

    private sealed class Reading(TextBuilder text, ReadBudget budget, WordHeadings headings)
    {
        private int _paragraphs;
        private int _tables;

        /// <summary>Adds the children of the body, one in RAM at a time.</summary>
        public void AddBody(OpenXmlReader reader)
        {
            if (!reader.ReadFirstChild())
            {
                return;
            }

            do
            {
                if (reader.LoadCurrentElement() is { } element)
                {
                    Add(element, depth: 0);
                }
            } while (reader.ReadNextSibling());
        }

        private void Add(OpenXmlElement element, int depth)
        {
            budget.Check();
            ReadBudget.CheckDepth(depth);
            switch (element)
            {
                case Paragraph paragraph:
                    AddParagraph(paragraph);
                    break;
                case Table table:
                    AddTable(table);
                    break;
                case SdtBlock or SdtContentBlock or CustomXmlBlock:
                    foreach (var child in element.ChildElements)
                    {
                        Add(child, depth + 1);
                    }

                    break;
            }
        }

        private void AddParagraph(Paragraph paragraph)
        {
            text.Mark($"paragraph={++_paragraphs}", cuts: false);
            var words = WordText.Of(paragraph);
            if (headings.LevelOf(paragraph) is > 0 and var level)
            {
                text.AddHeading(level, words);
            }
            else if (paragraph.ParagraphProperties?.NumberingProperties is not null && words.Length > 0)
            {
                text.Add("- " + words);
            }
            else
            {
                text.AddParagraph(words);
            }
        }

        private void AddTable(Table table)
        {
            text.Mark($"table={++_tables}", cuts: false);
            text.Blank();
            foreach (var row in table.Descendants<TableRow>().Where(row => row.Ancestors<Table>().First() == table))
            {
                budget.Check();
                text.AddRow(
                    row.Descendants<TableCell>()
                        .Where(cell => cell.Ancestors<TableRow>().First() == row)
                        .Select(CellText)
                );
            }

            text.Blank();
        }

        private static string CellText(TableCell cell) =>
            string.Join(' ', cell.Descendants<Paragraph>().Select(WordText.Of));
    }
}
