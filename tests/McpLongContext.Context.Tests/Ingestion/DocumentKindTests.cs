using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;

namespace McpLongContext.Context.Tests.Ingestion;

public sealed class DocumentKindTests
{
    [Theory]
    [InlineData("src/A.cs", DocumentKind.Code)]
    [InlineData("a.PY", DocumentKind.Code)]
    [InlineData("Dockerfile", DocumentKind.Code)]
    [InlineData("CMakeLists.txt", DocumentKind.Code)]
    [InlineData("README.md", DocumentKind.Markdown)]
    [InlineData("guide.rst", DocumentKind.Markdown)]
    [InlineData("a.json", DocumentKind.Data)]
    [InlineData("a.csv", DocumentKind.Data)]
    [InlineData("requirements.txt", DocumentKind.Data)]
    [InlineData("talk.vtt", DocumentKind.Transcript)]
    [InlineData("paper.tex", DocumentKind.Prose)]
    public void The_name_tells_where_it_can(string path, DocumentKind kind) =>
        Assert.Equal(kind, DocumentKindRecognizer.Recognize(path, "Some words.\n"));

    [Theory]
    [InlineData("[D1:1] Ann: Hello there.\n[D1:2] Bob: Hello Ann.\n[D1:3] Ann: How are you?\n[D1:4] Bob: Fine.\n")]
    [InlineData("[T0] Grad E: I guess .\n[T1] Grad A: OK .\n[T2] Grad E: Check one .\n[T3] Grad A: Yes .\n")]
    [InlineData(
        "[00:00:01] Ann Lee: Hello.\n[00:00:04] Bob Ray: Hi.\n[00:00:09] Ann Lee: So.\n[00:00:12] Bob Ray: Yes.\n"
    )]
    [InlineData(
        "12/03/21, 10:15 - Ann: Hello\n12/03/21, 10:16 - Bob: Hi\n12/03/21, 10:17 - Ann: So\nand more\n12/03/21, 10:19 - Bob: Yes\n"
    )]
    [InlineData(
        "[12/03/2021, 10:15:22] Ann: Hello\n[12/03/2021, 10:15:30] Bob: Hi\n[12/03/2021, 10:16:22] Ann: So\n[12/03/2021, 10:17:22] Bob: x\n"
    )]
    [InlineData("10:15 <ann> hello\n10:16 <bob> hi\n10:17 <ann> so\n10:18 <bob> yes\n")]
    [InlineData("10:15 AM Ann: hello\n10:16 AM Bob: hi\n10:17 AM Ann: so\n10:18 AM Bob: yes\n")]
    [InlineData("Ann: a\nBob: b\nAnn: c\nBob: d\nAnn: e\nBob: f\n")]
    [InlineData("**Ann:** a\n\n**Bob:** b\n\n**Ann:** c\n\n**Bob:** d\n\n**Ann:** e\n\n**Bob:** f\n")]
    [InlineData("Ann Lee  0:03\nHello all.\n\nBob Ray  0:09\nHello.\n\nAnn Lee  0:12\nSo.\n\nBob Ray  0:20\nYes.\n")]
    [InlineData("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nHello\n")]
    public void Turns_of_few_speakers_are_a_transcript(string text) =>
        Assert.Equal(DocumentKind.Transcript, DocumentKindRecognizer.Recognize("a.txt", text));

    [Theory]
    [InlineData(
        "[Gen 1:1] In the beginning.\n[Gen 1:2] And the earth was.\n[Gen 1:3] And God said, Let there be: light.\n[Gen 1:4] And.\n"
    )]
    [InlineData("It was late.\n\nHe said: come. She replied: no.\n\nThe end came.\n")]
    [InlineData("Note: one.\nWarning: two.\nExample: three.\nHint: four.\nSee: five.\nAlso: six.\n")]
    [InlineData("A paper\n\nWe propose (x); it works. See [1].\n")]
    public void Running_text_is_prose(string text) =>
        Assert.Equal(DocumentKind.Prose, DocumentKindRecognizer.Recognize("a.txt", text));

    [Theory]
    [InlineData("run", "#!/bin/sh\necho hi\n", DocumentKind.Code)]
    [InlineData("main", "int main() {\n  int x = 1;\n  return x;\n}\n", DocumentKind.Code)]
    [InlineData("notes", "# One\n\ntext\n\n## Two\n\ntext\n", DocumentKind.Markdown)]
    [InlineData("settings", "{ \"a\": 1 }", DocumentKind.Data)]
    [InlineData("list", "[{\"a\": 1}]", DocumentKind.Data)]
    [InlineData("feed", "<?xml version=\"1.0\"?><a/>", DocumentKind.Data)]
    [InlineData("empty", "{}", DocumentKind.Data)]
    [InlineData("list", " [ ]\n", DocumentKind.Data)]
    [InlineData("list", "[[1], [2]]", DocumentKind.Data)]
    [InlineData("notes", "{ braced } words", DocumentKind.Prose)]
    [InlineData("notes", "x\"quoted\" words", DocumentKind.Prose)]
    [InlineData("notes", "[{note}] and words", DocumentKind.Prose)]
    [InlineData("notes", "a{b} and [c]", DocumentKind.Prose)]
    [InlineData("notes", "x;\ny\nz\n", DocumentKind.Prose)]
    [InlineData("notes", "x;\ny;\n", DocumentKind.Prose)]
    [InlineData("notes", "x;\n\ny;\nz\n", DocumentKind.Code)]
    [InlineData("notes", "# One\ntext\n", DocumentKind.Prose)]
    [InlineData("notes", "# One\n```\nx\n```\n", DocumentKind.Markdown)]
    [InlineData("notes", "```\nx\n```\n", DocumentKind.Prose)]
    [InlineData("notes", "# One\n```\nx\n", DocumentKind.Prose)]
    [InlineData("talk.md", Turns, DocumentKind.Transcript)]
    [InlineData("talk.tex", Turns, DocumentKind.Transcript)]
    [InlineData("talk.json", Turns, DocumentKind.Data)]
    [InlineData("talk.cs", Turns, DocumentKind.Code)]
    public void The_content_tells_where_the_name_does_not(string name, string text, DocumentKind kind) =>
        Assert.Equal(kind, DocumentKindRecognizer.Recognize(name, text));

    [Theory]
    [InlineData(97, DocumentKind.Markdown)]
    [InlineData(98, DocumentKind.Prose)]
    public void Markdown_has_a_heading_to_fifty_lines(int others, DocumentKind kind)
    {
        var text = "# One\n## Two\n" + string.Concat(Enumerable.Repeat("words\n", others));
        Assert.Equal(kind, DocumentKindRecognizer.Recognize("notes", text));
    }

    private const string Turns = "Ann: a\nBob: b\nAnn: c\nBob: d\nAnn: e\nBob: f\n";
}
