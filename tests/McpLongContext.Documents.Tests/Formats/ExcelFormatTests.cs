namespace McpLongContext.Documents.Tests.Formats;

public sealed class ExcelFormatTests
{
    [Fact]
    public void Rows_are_cited_by_sheet_and_cells()
    {
        var text = Sample.Read("openpyxl.xlsx");

        Assert.Equal("Spare parts!A3:C3", text.Locate("Gland packing"));
        Assert.Equal("Log!A61:C61", text.Locate("Reading 60"));
    }

    [Fact]
    public void Rows_in_a_row_are_cited_as_one_range()
    {
        var text = Sample.Read("openpyxl.xlsx");
        var lines = text.Text.Split('\n');
        var first = Array.FindIndex(lines, line => line.Contains("| Reading 10 |", StringComparison.Ordinal)) + 1;

        Assert.Equal("Log!A11:C15", text.Locate(first, first + 4));
    }

    [Fact]
    public void Dates_are_dates() =>
        Assert.Contains(
            "| 2024-02-29 | 0.4475 | Reading 60 |",
            Sample.Read("openpyxl.xlsx").Text,
            StringComparison.Ordinal
        );
}
