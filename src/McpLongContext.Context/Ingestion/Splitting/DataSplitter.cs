using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>Splits records and settings: tables by rows under their head line, everything else by its nesting.</summary>
internal static class DataSplitter
{
    private const int MaxRows = 20;
    private const int MaxCharacters = 1_000;
    private const int MaxHeadLength = 200;

    public static void Split(LineIndex lines, string path, PassageBuilder passages)
    {
        if (Path.GetExtension(path).ToUpperInvariant() is not (".CSV" or ".TSV" or ".PSV"))
        {
            CodeSplitter.SplitData(lines, passages);
            return;
        }

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
