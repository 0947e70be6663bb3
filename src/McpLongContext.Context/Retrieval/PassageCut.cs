using McpLongContext.Context.Retrieval.Highlights;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Cuts a passage that exceeds a budget to whole lines: the first ones, or where the statement that aligns best with the
/// question stands after them, those that end with it. A single line that exceeds the budget is cut itself.
/// </summary>
internal static class PassageCut
{
    /// <summary>The part of a text that is shown.</summary>
    /// <param name="text">The text, without blank ends.</param>
    /// <param name="best">The statement in it that has to be shown; <see langword="null"/> shows the first lines.</param>
    /// <param name="maxTokens">The budget.</param>
    public static Range Of(string text, Statement? best, int maxTokens)
    {
        var head = EndFrom(text, 0, maxTokens);
        if (best is not { } wanted || wanted.End <= head)
        {
            return ..head;
        }

        var lineEnd = text.IndexOf('\n', wanted.End - 1);
        var end = lineEnd < 0 ? text.Length : lineEnd;
        var start = StartOfLine(text, wanted.Start);
        if (TokenCounter.Count(text[start..end]) > maxTokens)
        {
            return start == 0 ? ..head : start..EndFrom(text, start, maxTokens);
        }

        while (start > 0 && StartOfLine(text, start - 1) is var before && Fits(before))
        {
            start = before;
        }

        return start..end;

        bool Fits(int before) => TokenCounter.Count(text[before..end]) <= maxTokens;
    }

    /// <summary>Where the lines from a start on end that fit; within the first of them where it does not.</summary>
    private static int EndFrom(string text, int start, int maxTokens)
    {
        var end = start + TokenCounter.Prefix(text[start..], maxTokens);
        if (end == text.Length)
        {
            return end;
        }

        var lineEnd = text.LastIndexOf('\n', end, end - start);
        return lineEnd > start ? lineEnd
            : char.IsHighSurrogate(text[end - 1]) ? end - 1
            : end;
    }

    private static int StartOfLine(string text, int position) =>
        position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;
}
