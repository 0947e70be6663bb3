using McpLongContext.Context.Contracts;
using McpLongContext.Context.Retrieval.Highlights;

namespace McpLongContext.Context.Tests.Retrieval.Highlights;

/// <summary>The lines of a program and the sentences of a text.</summary>
public sealed class StatementSplitterTests
{
    [Theory]
    [InlineData("One. Two! Three?", "One.|Two!|Three?")]
    [InlineData("He said \"stop.\" She did.", "He said \"stop.\"|She did.")]
    [InlineData("Version 2.5 is out. See example.com for it.", "Version 2.5 is out.|See example.com for it.")]
    [InlineData("Dr. Who met J. Smith et al. They left.", "Dr. Who met J. Smith et al. They left.")]
    [InlineData("A line that\ngoes on. And ends.", "A line that\ngoes on.|And ends.")]
    [InlineData("# Title\nfirst line\n\nNext", "# Title|first line|Next")]
    [InlineData("第一句。第二句！", "第一句。|第二句！")]
    [InlineData(" \n ", "")]
    public void A_text_falls_into_sentences(string text, string sentences) =>
        Assert.Equal(sentences, Split(text, DocumentKind.Prose));

    [Fact]
    public void A_line_of_a_transcript_ends_its_sentence() =>
        Assert.Equal("ann: yes|bob: no", Split("ann: yes\nbob: no\n", DocumentKind.Transcript));

    [Fact]
    public void A_program_falls_into_lines() =>
        Assert.Equal("a = 1. + b; c()|d()", Split("  a = 1. + b; c()\r\n\n  d()\n", DocumentKind.Code));

    private static string Split(string text, DocumentKind kind) =>
        string.Join('|', StatementSplitter.Split(text, kind).Select(one => one.In(text).ToString()));
}
