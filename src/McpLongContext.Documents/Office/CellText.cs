using System.Globalization;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace McpLongContext.Documents.Office;

/// <summary>
/// The values of cells as text: shared strings, dates by their number format, numbers as they are stored.
/// </summary>
internal sealed class CellText
{
    private readonly List<string> _shared = [];
    private readonly HashSet<uint> _dateStyles = [];
    private bool _from1904;

    /// <summary>Reads what the cells of a workbook refer to.</summary>
    public static CellText Of(WorkbookPart workbook, ReadBudget budget)
    {
        var cells = new CellText { _from1904 = workbook.Workbook?.WorkbookProperties?.Date1904?.Value == true };
        if (workbook.SharedStringTablePart is { } strings)
        {
            using var reader = OpenXmlReader.Create(strings);
            while (reader.Read())
            {
                if (
                    reader.ElementType == typeof(SharedStringItem)
                    && reader.IsStartElement
                    && reader.LoadCurrentElement() is { } item
                )
                {
                    budget.Check();
                    cells._shared.Add(TextOf(item));
                }
            }
        }

        cells.ReadStyles(workbook.WorkbookStylesPart?.Stylesheet);
        return cells;
    }

    /// <summary>The text of a cell; empty for an empty one.</summary>
    public string TextOf(Cell cell)
    {
        var value = cell.CellValue?.Text ?? "";
        var type = cell.DataType?.Value;
        if (type == CellValues.InlineString)
        {
            return cell.InlineString is { } inline ? TextOf(inline) : "";
        }

        if (type == CellValues.SharedString)
        {
            return
                int.TryParse(value, CultureInfo.InvariantCulture, out var index) && index >= 0 && index < _shared.Count
                ? _shared[index]
                : "";
        }

        if (type == CellValues.Boolean)
        {
            return value == "1" ? "TRUE" : "FALSE";
        }

        if (value.Length == 0)
        {
            return cell.CellFormula?.Text is { Length: > 0 } formula ? "=" + formula : "";
        }

        return
            (type is null || type == CellValues.Number)
            && cell.StyleIndex?.Value is { } style
            && _dateStyles.Contains(style)
            ? DateOf(value)
            : value;
    }

    private string DateOf(string value)
    {
        if (!double.TryParse(value, CultureInfo.InvariantCulture, out var days) || days is < 0 or > 2_900_000)
        {
            return value;
        }

        if (days < 1)
        {
            return TimeOnly.FromTimeSpan(TimeSpan.FromDays(days)).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        }

        // Day 60 of the calendar of 1900 is a 29 February that was none.
        var origin = _from1904 ? new DateTime(1904, 1, 1) : new DateTime(1899, 12, days < 60 ? 31 : 30);
        var date = origin.AddDays(days).AddMilliseconds(1);
        return date.ToString(
            date.TimeOfDay < TimeSpan.FromSeconds(1) ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture
        );
    }

    private void ReadStyles(Stylesheet? styles)
    {
        var custom = (styles?.NumberingFormats?.Elements<NumberingFormat>() ?? [])
            .Where(format => IsDate(format.FormatCode?.Value))
            .Select(format => format.NumberFormatId?.Value)
            .ToHashSet();
        uint index = 0;
        foreach (var format in styles?.CellFormats?.Elements<CellFormat>() ?? [])
        {
            var id = format.NumberFormatId?.Value;
            if (id is (>= 14 and <= 22) or (>= 45 and <= 47) || custom.Contains(id))
            {
                _dateStyles.Add(index);
            }

            index++;
        }
    }

    /// <summary>Whether a format shows a date or a time: letters of one outside of quotes and brackets.</summary>
    private static bool IsDate(string? format)
    {
        var isQuoted = false;
        var isBracketed = false;
        foreach (var c in format ?? "")
        {
            isQuoted ^= c == '"';
            isBracketed = c == '[' || (isBracketed && c != ']');
            if (!isQuoted && !isBracketed && c is 'y' or 'd' or 'h' or 'Y' or 'D' or 'H')
            {
                return true;
            }
        }

        return false;
    }

    private static string TextOf(OpenXmlElement item) =>
        string.Concat(item.Descendants<Text>().Where(text => text.Parent is not PhoneticRun).Select(text => text.Text));
}
