using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using McpLongContext.Documents.Office;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// Excel: sheets in their order, a row a line, values as they were computed last. Cited by sheet and cells:
/// <c>#Budget!A5:F24</c>.
/// </summary>
internal sealed class ExcelFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Excel";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        OfficePackage.IsEncrypted(file, ".xlsx", ".xlsm") || file.Parts.Contains("xl/workbook.xml");

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        OfficePackage.Check(file, budget);
        using var document = SpreadsheetDocument.Open(file.Open(), isEditable: false, OfficePackage.Settings);
        if (document.WorkbookPart is not { Workbook: { } workbook } part)
        {
            return false;
        }

        var cells = CellText.Of(part, budget);
        foreach (var sheet in workbook.Sheets?.Elements<Sheet>() ?? [])
        {
            if (sheet.Id?.Value is { } id && part.GetPartById(id) is WorksheetPart worksheet)
            {
                AddSheet(sheet.Name?.Value ?? "Sheet", worksheet, cells, text, budget);
            }
        }

        return true;
    }

    /// <summary>Adds the rows of a sheet, one in RAM at a time.</summary>
    private static void AddSheet(string name, WorksheetPart part, CellText cells, TextBuilder text, ReadBudget budget)
    {
        var sheet = LocationFragment.Of(name);
        var number = 0;
        using var reader = OpenXmlReader.Create(part);
        var isFirst = true;
        while (reader.Read())
        {
            if (
                reader.ElementType != typeof(Row)
                || !reader.IsStartElement
                || reader.LoadCurrentElement() is not Row row
            )
            {
                continue;
            }

            budget.Check();
            number = (int?)row.RowIndex?.Value ?? (number + 1);
            var values = ValuesOf(row, cells);
            if (values.Count == 0)
            {
                continue;
            }

            text.Mark($"{sheet}!{values[0].Column}{number}:{values[^1].Column}{number}", cuts: isFirst);
            if (isFirst)
            {
                text.AddHeading(2, name);
                isFirst = false;
            }

            text.AddRow(values.Select(value => value.Text));
        }
    }

    private static List<(string Column, string Text)> ValuesOf(Row row, CellText cells)
    {
        var values = new List<(string Column, string Text)>();
        foreach (var cell in row.Elements<Cell>())
        {
            if (cells.TextOf(cell) is { Length: > 0 } value)
            {
                var reference = cell.CellReference?.Value ?? "";
                var digits = reference.AsSpan().IndexOfAnyInRange('0', '9');
                values.Add((digits > 0 ? reference[..digits] : "A", value));
            }
        }

        return values;
    }
}
