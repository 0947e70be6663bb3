using McpLongContext.Context.Ingestion;
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

    [Theory]
    [InlineData("a\nb", 2)]
    [InlineData("a\r\nb\r\n", 2)]
    [InlineData("a\rb\r\r\nc", 4)]
    [InlineData("\n\n", 2)]
    [InlineData("", 0)]
    public void Lines_end_with_any_line_break(string text, int count) => Assert.Equal(count, LineIndex.Of(text).Count);

    private static List<string> Split(DocumentKind kind, string text) =>
        [
            .. PassageSplitter
                .Split(text, kind, "a.txt")
                .Select(passage => $"{passage.StartLine}-{passage.EndLine} {passage.Context}"),
        ];
}
