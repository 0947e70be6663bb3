using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class TextSplitterTests
{
    [Fact]
    public void A_turn_is_a_passage_under_the_header_of_its_session()
    {
        const string Text =
            "Talk of Ann and Bob\n\n=== Session 1 | 8 May ===\n[D1:1] Ann: Hello.\n[D1:2] Bob: Hello\nand more.\n\n=== Session 2 | 9 May ===\n[D2:1] Ann: Again.\n[D2:2] Bob: Yes.\n";
        Assert.Equal(
            [
                "1-1 ",
                "3-4 Session 1 | 8 May",
                "5-6 Session 1 | 8 May",
                "8-9 Session 2 | 9 May",
                "10-10 Session 2 | 9 May",
            ],
            Split(DocumentKind.Transcript, Text)
        );
    }

    [Fact]
    public void A_long_turn_is_cut_at_sentences_and_keeps_its_line()
    {
        var text =
            "[T0] A: Yes.\n[T1] B: "
            + string.Concat(Enumerable.Repeat("This is a sentence of seven words. ", 100))
            + "\n[T2] A: No.\n[T3] B: Oh.\n";
        var passages = PassageSplitter.Split(text, DocumentKind.Transcript, "a.txt");
        Assert.InRange(passages.Count, 8, 12);
        Assert.All(passages.Skip(1).SkipLast(2), passage => Assert.Equal((2, 2), (passage.StartLine, passage.EndLine)));
        Assert.All(
            passages.Skip(2).SkipLast(2),
            passage => Assert.StartsWith("This is", passage.Text, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Subtitles_are_joined_to_passages()
    {
        var text =
            "WEBVTT\n\n"
            + string.Concat(
                Enumerable
                    .Range(0, 60)
                    .Select(i => $"00:00:{i:D2}.000 --> 00:00:{i:D2}.900\nsix words are in this cue\n\n")
            );
        Assert.InRange(PassageSplitter.Split(text, DocumentKind.Transcript, "a.vtt").Count, 4, 7);
    }

    [Fact]
    public void Numbered_verses_are_passages_of_their_own_under_their_book()
    {
        const string Text =
            "The Book\n\n=== Genesis ===\n[Gen 1:1] In the beginning.\n[Gen 1:2] And the earth.\n\n=== Exodus ===\n[Ex 1:1] Now.\n[Ex 1:2] Reuben.\n";
        Assert.Equal(
            ["1-4 The Book > Genesis", "5-5 The Book > Genesis", "7-8 The Book > Exodus", "9-9 The Book > Exodus"],
            Split(DocumentKind.Prose, Text)
        );
    }

    [Fact]
    public void A_line_that_is_a_paragraph_is_a_passage()
    {
        var line = string.Join(' ', Enumerable.Repeat("word", 60)) + ".\n";
        Assert.Equal(["1-1 ", "2-2 ", "3-3 "], Split(DocumentKind.Prose, line + line + line));
    }

    [Fact]
    public void Short_paragraphs_are_joined_and_chapters_begin_anew()
    {
        var paragraph = string.Join(' ', Enumerable.Repeat("word", 30)) + ".\n\n";
        var text = "CHAPTER I\n\n" + string.Concat(Enumerable.Repeat(paragraph, 5)) + "CHAPTER II\n\n" + paragraph;
        Assert.Equal(["1-9 CHAPTER I", "11-11 CHAPTER I", "13-15 CHAPTER II"], Split(DocumentKind.Prose, text));
    }

    [Fact]
    public void Wrapped_text_is_cut_into_about_a_hundred_words_at_sentences()
    {
        var text = string.Concat(
            Enumerable
                .Range(0, 200)
                .Select(i =>
                    i % 3 == 2 ? "seven words stand here on this line.\n" : "seven words stand here on this line\n"
                )
        );
        var passages = PassageSplitter.Split(text, DocumentKind.Prose, "a.txt");
        Assert.All(passages.SkipLast(1), passage => Assert.InRange(Sentences.CountWords(passage.Text), 80, 120));
        Assert.All(passages.SkipLast(1), passage => Assert.EndsWith(".\n", passage.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Text_without_spaces_between_words_is_cut_at_its_sentences()
    {
        var text = string.Concat(Enumerable.Repeat("これは十文字の文です。", 200)) + "\n";
        var passages = PassageSplitter.Split(text, DocumentKind.Prose, "a.txt");
        Assert.InRange(passages.Count, 15, 30);
        Assert.All(passages, passage => Assert.EndsWith("。", passage.Text.TrimEnd(), StringComparison.Ordinal));
    }

    [Fact]
    public void Markdown_passages_stand_under_their_headings()
    {
        const string Text = """
            ---
            title: x
            ---
            # One

            Text of one.

            ## Two

            - item
            - item

            ```python
            # no heading
            ```

            Three
            -----
            Text of three.

            # Four
            """;
        Assert.Equal(
            ["1-3 ", "4-6 One", "8-15 One > Two", "17-19 One > Three", "21-21 Four"],
            Split(DocumentKind.Markdown, Text)
        );
    }

    [Fact]
    public void Long_fenced_code_is_cut_and_an_open_fence_ends_with_the_text()
    {
        var text = "# A\n\n```\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"# line {i}\n"));
        var passages = PassageSplitter.Split(text, DocumentKind.Markdown, "a.md");
        Assert.Equal(3, passages.Count);
        Assert.All(passages, passage => Assert.Equal("A", passage.Context));
    }

    /// <summary>By the words of each paragraph.</summary>
    [Theory]
    [InlineData("60 60", "1-3")]
    [InlineData("60 61", "1-1 3-3")]
    [InlineData("40 40 40 1", "1-5 7-7")]
    [InlineData("200 1", "1-1 3-3")]
    [InlineData("119 1 1", "1-3 5-5")]
    public void Paragraphs_are_joined_up_to_120_words(string words, string passages)
    {
        var text = string.Concat(words.Split(' ').Select(count => Words(int.Parse(count)) + "\n\n"));
        Assert.Equal(passages, Lines(PassageSplitter.Split(text, DocumentKind.Markdown, "a.md")));
    }

    /// <summary>A paragraph of lines with so many words each, every one a sentence or none.</summary>
    [Theory]
    [InlineData(19, 10, true, "1-20")]
    [InlineData(20, 10, true, "1-9 10-17 18-21")]
    [InlineData(21, 10, false, "1-12 13-22")]
    [InlineData(21, 10, true, "1-9 10-17 18-22")]
    [InlineData(30, 7, false, "1-17 18-31")]
    [InlineData(30, 7, true, "1-12 13-24 25-31")]
    public void A_paragraph_of_more_than_200_words_is_cut_at_lines_that_end_a_sentence(
        int lines,
        int wordsOfLine,
        bool isSentence,
        string passages
    )
    {
        var line = Words(wordsOfLine)[..^1] + (isSentence ? ".\n" : ",\n");
        var text = "and so on\n" + string.Concat(Enumerable.Repeat(line, lines));
        Assert.Equal(passages, Lines(PassageSplitter.Split(text, DocumentKind.Markdown, "a.md")));
    }

    [Theory]
    [InlineData("PART ONE\n\ntext\n\nCHAPTER II\n\ntext\n\n1.2 Title\n\ntext\n", "PART ONE > CHAPTER II > 1.2 Title")]
    [InlineData("Book 1\n\ntext\n\nPreface\n\ntext\n", "Book 1 > Preface")]
    [InlineData("== Rule ==\ntext\n\nIV.\n\ntext\n", "Rule > IV.")]
    [InlineData("Under\n=====\n\ntext\n\nACT I\n\ntext\n", "ACT I")]
    [InlineData("A title of it\n\nALL CAPITALS\n\ntext\n", "A title of it > ALL CAPITALS")]
    [InlineData("A title of it\n\nNot ALL CAPITALS\n\ntext\n", "A title of it")]
    [InlineData("A title of it\n\nAB\n\ntext\n", "A title of it")]
    [InlineData("A sentence.\n\ntext\n", "")]
    [InlineData("A clause,\n\ntext\n", "")]
    [InlineData("text at once\nthat continues\n", "")]
    [InlineData("\n\nA title of it\n\ntext\n", "A title of it")]
    [InlineData("text\nCHAPTER I\n\nmore\n", "")]
    [InlineData("text.\n\nCHAPTER I\nmore\n", "")]
    [InlineData("text.\n\nUnder\n--\n\nmore\n", "")]
    [InlineData("text.\n\nUnder\n---\n\nmore\n", "Under")]
    [InlineData("text.\n\nUnder\n--=\n\nmore\n", "")]
    [InlineData("text.\n\nReferences\n\nmore\n", "References")]
    public void Text_stands_under_its_title_and_the_headings_above(string text, string context) =>
        Assert.Equal(context, PassageSplitter.Split(text, DocumentKind.Prose, "a.txt")[^1].Context);

    [Theory]
    [InlineData(20, "title")]
    [InlineData(21, "")]
    public void A_title_has_at_most_20_words(int words, string title)
    {
        var context = PassageSplitter.Split($"{Words(words)[..^1]}\n\ntext\n", DocumentKind.Prose, "a.txt")[^1].Context;
        Assert.Equal(title.Length > 0, context.Length > 0);
    }

    [Theory]
    [InlineData("[Gen 1:1] One", true)]
    [InlineData("1:1 One", true)]
    [InlineData("§ 12 One", true)]
    [InlineData("(12) One", true)]
    [InlineData("12. One", true)]
    [InlineData("One", false)]
    public void Lines_with_their_own_number_are_passages(string line, bool isTagged) =>
        Assert.Equal(
            isTagged ? 4 : 1,
            PassageSplitter.Split($"{line}\n{line}\n{line}\n{line}\n", DocumentKind.Prose, "a").Count
        );

    [Theory]
    [InlineData("---\na: b\n---\ntext\n", "1-4")]
    [InlineData("---\na: b\n\ntext\n", "1-4")]
    [InlineData("One\n===\ntext\n\nTwo\n---\ntext\n", "1-3 5-7")]
    [InlineData("- one\n- two\n", "1-2")]
    [InlineData("| a |\n---\ntext\n", "1-3")]
    [InlineData("> a\n---\ntext\n", "1-3")]
    [InlineData("text\n# One\n\ntext\n", "1-1 2-4")]
    [InlineData("```\n# no\n``\n```\n# One\ntext\n", "1-4 5-6")]
    [InlineData("````\n```\n# no\n````\n# One\ntext\n", "1-4 5-6")]
    [InlineData("```\n~~~\n# no\n```\n# One\ntext\n", "1-4 5-6")]
    [InlineData("```\n``` no\n# no\n```\n# One\ntext\n", "1-4 5-6")]
    [InlineData("```yaml\n---\n# no\n```\n# One\ntext\n", "1-4 5-6")]
    [InlineData("# One\n\n## Two\n", "1-3")]
    public void Markdown_is_cut_at_headings_that_are_not_in_fences(string text, string passages) =>
        Assert.Equal(passages, Lines(PassageSplitter.Split(text, DocumentKind.Markdown, "a.md")));

    /// <summary>Lines of the fence with its marks, and where a blank one is.</summary>
    [Theory]
    [InlineData(20, 0, "1-20")]
    [InlineData(21, 0, "1-20 21-21")]
    [InlineData(30, 10, "1-9 11-30")]
    [InlineData(30, 9, "1-20 21-30")]
    public void Fenced_code_of_more_than_20_lines_is_cut_at_blank_lines(int count, int blank, string passages)
    {
        var lines = Enumerable
            .Range(1, count)
            .Select(line =>
                line == 1 || line == count ? "```"
                : line == blank ? ""
                : $"line {line}"
            );
        Assert.Equal(passages, Lines(PassageSplitter.Split(string.Join('\n', lines), DocumentKind.Markdown, "a.md")));
    }

    [Theory]
    [InlineData("a.csv", 20, 3, "1-20")]
    [InlineData("a.TSV", 21, 3, "1-20 21-21")]
    [InlineData("a.psv", 30, 99, "1-10 11-20 21-30")]
    [InlineData("a.csv", 20, 98, "1-11 12-20")]
    public void Rows_are_passages_of_20_lines_or_a_thousand_characters(
        string path,
        int rows,
        int width,
        string passages
    )
    {
        var text = string.Concat(Enumerable.Repeat(new string('x', width) + "\n", rows));
        var split = PassageSplitter.Split(text, DocumentKind.Data, path);
        Assert.Equal(passages, Lines(split));
        Assert.All(split.Skip(1), passage => Assert.Equal(new string('x', Math.Min(width, 200)), passage.Context));
    }

    [Fact]
    public void A_line_knows_its_place_and_text()
    {
        var lines = LineIndex.Of("a\r\n\nbc\rd");
        Assert.Equal([0, 3, 4, 8], Enumerable.Range(0, 4).Select(lines.Start));
        Assert.Equal(["a", "", "bc\rd"], Enumerable.Range(0, 3).Select(line => lines[line].ToString()));
        Assert.Equal([0, 0, 0, 1, 2, 2, 2, 2, 2], Enumerable.Range(0, 9).Select(lines.LineAt));
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(lines.IsBlank));
        Assert.Equal(
            (2, 4),
            (LineIndex.Of("a\r\n\nbc", maxLines: 2).Count, LineIndex.Of("a\r\n\nbc", maxLines: 2).End)
        );
    }

    private static string Words(int count) => string.Join(' ', Enumerable.Repeat("word", count)) + ".";

    private static string Lines(IReadOnlyList<SplitPassage> passages) =>
        string.Join(' ', passages.Select(passage => $"{passage.StartLine}-{passage.EndLine}"));

    [Theory]
    [InlineData("a\nb", 2)]
    [InlineData("a\r\nb\r\n", 2)]
    [InlineData("a\rb\r\r\nc", 2)]
    [InlineData("10%\r50%\r100%\n\r\r\ndone", 3)]
    [InlineData("a\u2028b\u2029c\u0085d\ve\ff\n", 1)]
    [InlineData("\n\n", 2)]
    [InlineData("", 0)]
    public void Lines_end_where_grep_and_git_end_them(string text, int count) =>
        Assert.Equal(count, LineIndex.Of(text).Count);

    private static List<string> Split(DocumentKind kind, string text) =>
        [
            .. PassageSplitter
                .Split(text, kind, "a.txt")
                .Select(passage => $"{passage.StartLine}-{passage.EndLine} {passage.Context}"),
        ];
}
