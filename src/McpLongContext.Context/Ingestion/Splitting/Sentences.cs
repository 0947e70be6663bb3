namespace McpLongContext.Context.Ingestion.Splitting;

/// <summary>Words and sentence ends, as far as cutting long paragraphs needs them.</summary>
internal static class Sentences
{
    /// <summary>
    /// The number of words: runs without white space; of scripts that do not separate words every character counts.
    /// </summary>
    public static int CountWords(ReadOnlySpan<char> text)
    {
        var words = 0;
        var inWord = false;
        foreach (var c in text)
        {
            if (IsUnspaced(c))
            {
                words++;
                inWord = false;
            }
            else if (char.IsWhiteSpace(c))
            {
                inWord = false;
            }
            else if (!inWord)
            {
                words++;
                inWord = true;
            }
        }

        return words;
    }

    /// <summary>The offset after the last sentence end and the space after it; 0 when there is none.</summary>
    public static int LastEnd(ReadOnlySpan<char> text)
    {
        for (var i = text.Length - 1; i > 0; i--)
        {
            if (IsEnd(text, i))
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>Whether a sentence begins at an offset: after a mark and a space.</summary>
    public static bool IsEnd(ReadOnlySpan<char> text, int offset)
    {
        var previous = text[offset - 1];
        if (previous is '。' or '！' or '？')
        {
            return true;
        }

        if (previous is not ' ' || offset < 2)
        {
            return false;
        }

        var mark =
            text[offset - 2] is '"' or '”' or '\'' or '’' or ')' or ']' && offset > 2
                ? text[offset - 3]
                : text[offset - 2];
        return mark is '.' or '!' or '?' or '…';
    }

    /// <summary>Ideographs, kana, Thai, Lao, Khmer, Myanmar.</summary>
    private static bool IsUnspaced(char c) =>
        c
            is (>= '\u4E00' and <= '\u9FFF')
                or (>= '\u3040' and <= '\u30FF')
                or (>= '\u3400' and <= '\u4DBF')
                or (>= '\u0E00' and <= '\u0EFF')
                or (>= '\u1780' and <= '\u17FF')
                or (>= '\u1000' and <= '\u109F');
}
