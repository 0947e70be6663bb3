using System.Text.RegularExpressions;

namespace McpLongContext.Documents.Tests;

/// <summary>Real producers' files yield the whole text, each at its place.</summary>
public sealed partial class SampleTests
{
    /// <summary>Beginnings of all paragraphs of the text that the samples are made of.</summary>
    private static readonly string[] s_text =
    [
        "Look at the gland every morning before the pump is started.",
        "The pressure gauge must read between 3.2 and 3.8 bar.",
        "Drain the casing, take off the inspection cover and measure the clearance",
        "Grease for the thrust bearing is Calypsol H433.",
        "Fill the casing with propylene glycol.",
        "Hang the tag that names the harbormaster",
    ];

    [Theory]
    [InlineData("libreoffice.docx", "Word", "paragraph=10")]
    [InlineData("pandoc.docx", "Word", "paragraph=10")]
    [InlineData("python-docx.docx", "Word", "paragraph=10")]
    [InlineData("libreoffice.odt", "OpenDocument", "paragraph=10")]
    [InlineData("pandoc.odt", "OpenDocument", "paragraph=10")]
    [InlineData("libreoffice.pptx", "PowerPoint", "slide=4")]
    [InlineData("pandoc.pptx", "PowerPoint", "slide=4")]
    [InlineData("ebooklib.epub", "EPUB", "EPUB/chapter3.xhtml")]
    [InlineData("libreoffice.epub", "EPUB", "OEBPS/sections/section0004.xhtml")]
    [InlineData("pandoc.epub", "EPUB", "EPUB/text/ch003.xhtml")]
    [InlineData("libreoffice.html", "HTML", "L41-L42")]
    [InlineData("pandoc.html", "HTML", "L241-L242")]
    [InlineData("nbformat.ipynb", "Jupyter", "cell=3")]
    [InlineData("pandoc.ipynb", "Jupyter", "cell=1")]
    [InlineData("groff-columns.pdf", "PDF", "page=1")]
    [InlineData("libreoffice.pdf", "PDF", "page=1")]
    [InlineData("reportlab.pdf", "PDF", "page=3")]
    [InlineData("python.mbox", "Mailbox", "message=3")]
    [InlineData("procmail.mbox", "Mailbox", "message=3")]
    [InlineData("claude.jsonl", "Agent session", "2024-04-02 10:05 assistant")]
    [InlineData("codex.jsonl", "Agent session", "2024-04-02 10:05 assistant")]
    [InlineData("slack.json", "Slack", "2024-04-02 09:35 Boris")]
    [InlineData("slack-threads.json", "Slack", "2024-04-02 09:35 U0BORIS")]
    [InlineData("teams.json", "Teams", "2024-04-02 10:05 Boris")]
    [InlineData("telegram.json", "Telegram", "2024-04-02 10:05 Boris")]
    [InlineData("telegram-all.json", "Telegram", "2024-04-02 10:05 Boris")]
    [InlineData("telegram.html", "HTML", "L54")]
    [InlineData("whatsapp-android.txt", "WhatsApp", "02.04.24, 10:05 Boris")]
    [InlineData("whatsapp-ios.txt", "WhatsApp", "02/04/2024, 10:05:30 Boris")]
    [InlineData("whatsapp-us.txt", "WhatsApp", "4/2/24, 10:05:30 AM Boris")]
    [InlineData("ffmpeg.srt", "SubRip", "t=00:10:05-00:10:25")]
    [InlineData("ffmpeg.vtt", "WebVTT", "t=00:10:05-00:10:25")]
    [InlineData("subtitle.srt", "SubRip", "t=00:05:05-00:05:25")]
    [InlineData("subtitle.vtt", "WebVTT", "t=00:05:05-00:05:25")]
    [InlineData("script.srt", "SubRip", "t=00:10:05-00:10:25")]
    [InlineData("script.vtt", "WebVTT", "t=00:10:05-00:10:25")]
    public void Every_paragraph_is_read_and_has_its_place(string name, string format, string place)
    {
        var file = Sample.Load(name);

        Assert.Equal(format, DocumentFormats.Find(file)?.Name);
        var text = Sample.Read(file);
        var words = White().Replace(text.Text, " ");
        Assert.All(s_text, paragraph => Assert.Contains(paragraph, words, StringComparison.Ordinal));
        Assert.Equal(place, text.Locate("Hang the tag"));
    }

    [Theory]
    [InlineData("libreoffice.docx")]
    [InlineData("pandoc.docx")]
    [InlineData("libreoffice.odt")]
    [InlineData("pandoc.odt")]
    [InlineData("pandoc.html")]
    [InlineData("pandoc.epub")]
    [InlineData("libreoffice.pdf")]
    [InlineData("ghostscript.pdf")]
    [InlineData("reportlab.pdf")]
    [InlineData("python-docx.docx")]
    public void Headings_are_headings_of_Markdown(string name) =>
        Assert.Matches(@"(?m)^#{1,3} Winter storage$", Sample.Read(name).Text);

    [Theory]
    [InlineData("libreoffice.docx")]
    [InlineData("pandoc.docx")]
    [InlineData("libreoffice.odt")]
    [InlineData("pandoc.odt")]
    [InlineData("pandoc.html")]
    [InlineData("pandoc.pptx")]
    [InlineData("libreoffice.pptx")]
    [InlineData("libreoffice.xlsx")]
    [InlineData("openpyxl.xlsx")]
    [InlineData("libreoffice.pdf")]
    public void A_row_of_a_table_is_a_line(string name) =>
        Assert.Matches(@"(?m)^(\| )?Wear ring \| WR-2207 \| B4( \|)?$", Sample.Read(name).Text);

    [GeneratedRegex(@"\s+")]
    private static partial Regex White();
}
