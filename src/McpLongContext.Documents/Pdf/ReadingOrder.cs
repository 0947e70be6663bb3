using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.DocumentLayoutAnalysis;

namespace McpLongContext.Documents.Pdf;

/// <summary>
/// The order in which the blocks of a page are read: from top to bottom, and where blocks stand beside each other, a
/// column from its top to its bottom before the next one. A recursive cut: first through what spans all columns, then
/// between them. Columns of short lines that stand level are the columns of a table, which is read row by row.
/// </summary>
internal static class ReadingOrder
{
    /// <summary>Blocks that overlap by less than this share of the smaller one are apart.</summary>
    private const double Tolerance = 0.1;

    private const int MaxDepth = 50;
    private const int MaxJoinedRows = 500;

    /// <summary>
    /// Lines of a table have at most this many words on average; those of a column of text have more.
    /// </summary>
    private const double MaxCellWords = 4.5;

    /// <summary>The blocks in reading order: each has rows, and a row has one line or, in a table, the cells.</summary>
    public static List<List<TextLine[]>> Of(IEnumerable<TextBlock> blocks)
    {
        var ordered = new List<List<TextLine[]>>();
        Cut([.. blocks], ordered, depth: 0);
        return ordered;
    }

    private static void Cut(List<TextBlock> blocks, List<List<TextLine[]>> ordered, int depth)
    {
        var columns = Split(blocks, box => (box.Left, box.Right));
        if (columns.Count > 1 && RowsOf(columns) is { } table)
        {
            ordered.Add(table);
            return;
        }

        var parts = columns.Count > 1 ? columns : Stretches(Split(blocks, box => (-box.Top, -box.Bottom)));
        if (parts.Count <= 1 || depth > MaxDepth)
        {
            foreach (var block in blocks.OrderByDescending(block => block.BoundingBox.Top))
            {
                ordered.Add([.. block.TextLines.Select(line => new[] { line })]);
            }

            return;
        }

        foreach (var part in parts)
        {
            Cut(part, ordered, depth + 1);
        }
    }

    /// <summary>
    /// Joins neighboring rows that have columns in common: paragraphs of columns that happen to be level are no rows.
    /// </summary>
    private static List<List<TextBlock>> Stretches(List<List<TextBlock>> rows)
    {
        if (rows.Count > MaxJoinedRows)
        {
            return rows;
        }

        var stretches = new List<List<TextBlock>>();
        foreach (var row in rows)
        {
            if (stretches.Count > 0)
            {
                List<TextBlock> joined = [.. stretches[^1], .. row];
                if (Split(joined, box => (box.Left, box.Right)).Count > 1)
                {
                    stretches[^1] = joined;
                    continue;
                }
            }

            stretches.Add(row);
        }

        return stretches;
    }

    /// <summary>The rows of a table; <see langword="null"/> when the columns are none of a table.</summary>
    private static List<TextLine[]>? RowsOf(List<List<TextBlock>> columns)
    {
        var lines = columns
            .SelectMany(column => column)
            .SelectMany(block => block.TextLines)
            .OrderByDescending(line => Middle(line.BoundingBox))
            .ToList();
        if (lines.Average(line => line.Words.Count) > MaxCellWords)
        {
            return null;
        }

        var rows = new List<List<TextLine>>();
        foreach (var line in lines)
        {
            var height = Math.Max(1, line.BoundingBox.Height);
            if (rows.Count == 0 || Middle(rows[^1][0].BoundingBox) - Middle(line.BoundingBox) > height / 2)
            {
                rows.Add([]);
            }

            rows[^1].Add(line);
        }

        var level = rows.Count(row => row.Count > 1);
        return level >= 2 && level * 2 >= rows.Count
            ? [.. rows.Select(row => row.OrderBy(line => line.BoundingBox.Left).ToArray())]
            : null;
    }

    private static double Middle(PdfRectangle box) => (box.Top + box.Bottom) / 2;

    /// <summary>Groups blocks whose extents overlap along an axis, in the order of the axis.</summary>
    private static List<List<TextBlock>> Split(
        List<TextBlock> blocks,
        Func<PdfRectangle, (double Start, double End)> extent
    )
    {
        var groups = new List<List<TextBlock>>();
        var end = double.NegativeInfinity;
        foreach (var block in blocks.OrderBy(block => extent(block.BoundingBox).Start))
        {
            var (start, stop) = extent(block.BoundingBox);
            if (groups.Count == 0 || start >= end - (Tolerance * (stop - start)))
            {
                groups.Add([]);
                end = stop;
            }

            groups[^1].Add(block);
            end = Math.Max(end, stop);
        }

        return groups;
    }
}
