using System.Text;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.DocumentLayoutAnalysis;
using UglyToad.PdfPig.DocumentLayoutAnalysis.PageSegmenter;
using UglyToad.PdfPig.DocumentLayoutAnalysis.WordExtractor;

namespace McpLongContext.Documents.Pdf;

/// <summary>Writes the text of a page: its blocks in reading order, what is set larger as headings.</summary>
/// <param name="text">Receives the text.</param>
/// <param name="budget">Bounds the time.</param>
internal sealed class PageText(TextBuilder text, ReadBudget budget)
{
    /// <summary>A page with more letters is a plot or a map, whose columns cannot be told in reasonable time.</summary>
    private const int MaxAnalyzedLetters = 40_000;

    private const int MaxHeadingWords = 20;

    /// <summary>Groups lines by their distances, which holds for justified text, too.</summary>
    private static readonly Lazy<DocstrumBoundingBoxes> s_blocks = new(() =>
        new DocstrumBoundingBoxes(new DocstrumBoundingBoxes.DocstrumBoundingBoxesOptions { MaxDegreeOfParallelism = 1 })
    );

    /// <summary>How much larger than the text of the page a heading is set, by level.</summary>
    private static readonly double[] s_headingRatios = [1.7, 1.35, 1.15];

    /// <summary>Adds the text of a page; false when it has none.</summary>
    public bool Add(Page page)
    {
        var letters = page.Letters.Where(letter => !string.IsNullOrEmpty(letter.Value)).ToList();
        if (letters.Count == 0)
        {
            return false;
        }

        if (letters.Count > MaxAnalyzedLetters)
        {
            text.AddParagraph(page.Text);
            return true;
        }

        var size = MostUsedSize(letters);
        var words = NearestNeighbourWordExtractor.Instance.GetWords(letters).ToList();
        budget.Check();
        foreach (var block in ReadingOrder.Of(s_blocks.Value.GetBlocks(words)))
        {
            budget.Check();
            AddBlock(block, size);
        }

        return true;
    }

    /// <summary>Adds a block; each stretch of it that is set larger than the page is a heading.</summary>
    private void AddBlock(List<TextLine[]> rows, double size)
    {
        for (int start = 0, end; start < rows.Count; start = end)
        {
            var level = LevelOf(rows[start], size);
            end = start + 1;
            while (end < rows.Count && LevelOf(rows[end], size) == level)
            {
                end++;
            }

            var words = Join(rows[start..end]);
            if (level > 0 && words.Count(c => c is ' ' or '\n') < MaxHeadingWords)
            {
                text.AddHeading(level, words);
            }
            else
            {
                text.AddParagraph(words);
            }
        }
    }

    /// <summary>
    /// The lines of a block; a word that is hyphenated at the end of a line stands whole in that line.
    /// </summary>
    private static string Join(List<TextLine[]> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            var words = string.Join(
                " | ",
                row.Select(line =>
                    string.Join(' ', line.Words.Select(word => word.Text.Normalize(NormalizationForm.FormKC)))
                )
            );
            if (EndsHyphenated(text) && words.Length > 0 && char.IsLower(words[0]))
            {
                var end = words.IndexOf(' ', StringComparison.Ordinal);
                end = end < 0 ? words.Length : end;
                text.Length--;
                text.Append(words.AsSpan(0, end));
                words = words[end..].TrimStart();
            }

            text.Append(text.Length > 0 && words.Length > 0 ? "\n" : "").Append(words);
        }

        return text.ToString();
    }

    private static bool EndsHyphenated(StringBuilder text) =>
        text.Length > 1 && text[^1] is '-' or '\u00AD' or '\u2010' && char.IsLetter(text[^2]);

    private static int LevelOf(TextLine[] row, double size)
    {
        if (row.Length > 1)
        {
            return 0;
        }

        var ratio = MostUsedSize(row[0].Words.SelectMany(word => word.Letters)) / size;
        return Array.FindIndex(s_headingRatios, least => ratio >= least) + 1;
    }

    /// <summary>In points, rounded to halves.</summary>
    private static double MostUsedSize(IEnumerable<Letter> letters) =>
        letters.CountBy(letter => Math.Max(0.5, Math.Round(letter.PointSize * 2) / 2)).MaxBy(size => size.Value).Key;
}
