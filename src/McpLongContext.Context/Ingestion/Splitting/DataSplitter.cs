using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>
/// Splits records and settings: tables by rows under their head line, lines of JSON by records (a turn of a session is
/// one), everything else by its nesting.
/// </summary>
internal static class DataSplitter
{
    private const int MaxRows = 20;
    private const int MaxCharacters = 1_000;
    private const int MaxHeadLength = 200;

    /// <summary>A record of this length is a passage of its own.</summary>
    private const int LongRecord = 300;

    public static void Split(LineIndex lines, string path, PassageBuilder passages)
    {
        switch (Path.GetExtension(path).ToUpperInvariant())
        {
            case ".CSV" or ".TSV" or ".PSV":
                SplitTable(lines, passages);
                break;
            case ".JSONL" or ".NDJSON":
                SplitRecords(lines, passages);
                break;
            default:
                CodeSplitter.SplitData(lines, passages);
                break;
        }
    }

    private static void SplitRecords(LineIndex lines, PassageBuilder passages)
    {
        var start = 0;
        var isAlone = false;
        for (var record = 0; record < lines.Count; record++)
        {
            var isLong = lines[record].Length >= LongRecord;
            if (
                record == 0
                || isLong
                || isAlone
                || record - start >= MaxRows
                || lines.Start(record) - lines.Start(start) >= MaxCharacters
            )
            {
                passages.Begin(record, "");
                start = record;
            }

            isAlone = isLong;
        }
    }

    private static void SplitTable(LineIndex lines, PassageBuilder passages)
    {
        var head = lines.Count > 0 ? lines[0][..Math.Min(lines[0].Length, MaxHeadLength)].ToString() : "";
        var start = 0;
        for (var row = 0; row < lines.Count; row++)
        {
            if (row == 0 || row - start >= MaxRows || lines.Start(row) - lines.Start(start) >= MaxCharacters)
            {
                passages.Begin(row, row == 0 ? "" : head);
                start = row;
            }
        }
    }
}
