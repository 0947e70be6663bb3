using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Finds the columns of evidence that is a part of one long line, whose number alone would cite the whole file.
/// </summary>
internal sealed class LongLines(IEvidenceSource reader)
{
    /// <summary>A shorter line is cited by its number; agents' readers show it whole.</summary>
    private const int LongLine = 2_000;

    /// <summary>Characters of its line in front of a passage, by the passage's id.</summary>
    private readonly Dictionary<long, int> _columns = [];

    /// <summary>The columns of a text; <see langword="null"/> where its lines cite it well enough.</summary>
    /// <param name="document">The text's document.</param>
    /// <param name="passages">The passages that it comes from, in order.</param>
    /// <param name="text">The text as it is shown, on one line.</param>
    /// <returns>First and last column, 1-based and inclusive, in characters.</returns>
    public (int Start, int End)? ColumnsOf(Document document, IReadOnlyList<Passage> passages, string text)
    {
        var first = passages[0];
        var blank = first.Text[..^first.Text.AsSpan().TrimStart().Length];
        var before = blank.Contains('\n', StringComparison.Ordinal) ? 0 : Before(document, first);
        var length = CharactersIn(text);
        if (before == 0 && EndsLine(document, passages[^1]))
        {
            return null;
        }

        return before + length + After(document, passages[^1], LongLine - before - length) >= LongLine
            ? (before + 1, before + length)
            : null;
    }

    private static bool EndsLine(Document document, Passage passage) =>
        passage.Text.EndsWith('\n') || passage.Id == document.FirstPassage + document.PassageCount - 1;

    private int Before(Document document, Passage passage)
    {
        var between = new Stack<(long Id, int Characters)>();
        var column = 0;
        for (var id = passage.Id; id > document.FirstPassage; id--)
        {
            if (_columns.TryGetValue(id, out column))
            {
                break;
            }

            // Nothing can be said after a passage that is damaged.
            if (!reader.TryGet(id - 1, out var previous) || previous.Text.EndsWith('\n'))
            {
                break;
            }

            var lineFeed = previous.Text.LastIndexOf('\n');
            between.Push((id, CharactersIn(previous.Text.AsSpan(lineFeed + 1))));
            if (lineFeed >= 0)
            {
                break;
            }
        }

        while (between.TryPop(out var part))
        {
            column += part.Characters;
            _columns[part.Id] = column;
        }

        return column;
    }

    /// <summary>Characters of the line after a passage, counted as far as they matter.</summary>
    private int After(Document document, Passage passage, int enough)
    {
        var count = 0;
        for (
            var id = passage.Id + 1;
            count < enough && !passage.Text.EndsWith('\n') && id < document.FirstPassage + document.PassageCount;
            id++
        )
        {
            if (!reader.TryGet(id, out var next))
            {
                break;
            }

            var lineFeed = next.Text.IndexOf('\n', StringComparison.Ordinal);
            count += CharactersIn(lineFeed < 0 ? next.Text : next.Text.AsSpan(0, lineFeed));
            if (lineFeed >= 0)
            {
                break;
            }
        }

        return count;
    }

    /// <summary>Characters as editors count them: a pair of surrogates is one.</summary>
    private static int CharactersIn(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var c in text)
        {
            count += char.IsLowSurrogate(c) ? 0 : 1;
        }

        return count;
    }
}
