using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Documents.Tests;

/// <summary>A damaged or hostile file costs bounded time and memory, and is read or refused with a reason.</summary>
public sealed class HostileFileTests
{
    private const int Mutants = 20;

    public static TheoryData<string> Samples =>
        [.. Directory.GetFiles(Sample.Folder).Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_mutant_is_read_or_refused(string name)
    {
        var original = File.ReadAllBytes(Path.Combine(Sample.Folder, name));
        var mutator = new Mutator(name.Length);
        for (var i = 0; i < Mutants; i++)
        {
            var file = new DocumentFile(name, mutator.Mutate(original, original));
            var time = Stopwatch.StartNew();
            try
            {
                if (DocumentFormats.Find(file) is { } format)
                {
                    DocumentFormats.Read(
                        format,
                        file,
                        new ReadBudget(TimeSpan.FromSeconds(20), CancellationToken.None)
                    );
                }
            }
            catch (UnreadableDocumentException refused)
            {
                Assert.NotEmpty(refused.Message);
                Assert.DoesNotContain('\n', refused.Message);
            }

            Assert.True(time.Elapsed < TimeSpan.FromSeconds(40), $"Mutant {i} took {time.Elapsed}.");
        }
    }

    [Theory]
    [InlineData("a.docx", "word/document.xml")]
    [InlineData("a.xlsx", "xl/workbook.xml")]
    [InlineData("a.pptx", "ppt/presentation.xml")]
    [InlineData("a.epub", "META-INF/container.xml")]
    public void A_bomb_is_found_before_it_is_unpacked(string name, string part)
    {
        var zip = Zip((part, new string(' ', 200 << 20)), ("mimetype", "application/epub+zip"));

        Assert.Contains("unpacked it is larger", Sample.Refusal(new DocumentFile(name, zip)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FlateDecode")]
    [InlineData("LZWDecode")]
    [InlineData("RunLengthDecode")]
    public void A_bomb_in_a_PDF_is_found_before_it_is_unpacked(string filter)
    {
        var packed = filter switch
        {
            "FlateDecode" => Zlib(new byte[200 << 20]),
            "LZWDecode" => LzwOfZeros(codes: 45_000),
            _ => [.. Enumerable.Repeat((byte[])[129, 0], 1_100_000).SelectMany(run => run)],
        };

        Assert.Contains(
            "larger than 128 MB when unpacked",
            Sample.Refusal(new DocumentFile("a.pdf", Pdf(filter, packed))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Entities_are_not_expanded()
    {
        const string Bomb =
            "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'lollollol'><!ENTITY b '&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
            + "<x>&b;&c;</x>";

        Assert.Contains(
            "damaged",
            Sample.Refusal(new DocumentFile("a.epub", Zip(("META-INF/container.xml", Bomb), ("mimetype", "x")))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Deep_nesting_of_JSON_is_refused() =>
        Assert.Contains(
            "damaged Jupyter",
            Sample.Refusal(
                Sample.Of("a.ipynb", "{\"cells\":" + new string('[', 100_000) + new string(']', 100_000) + "}")
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void Deep_nesting_of_HTML_is_refused() =>
        Assert.Contains(
            "nested deeper",
            Sample.Refusal(Sample.Of("a.html", "<html>" + string.Concat(Enumerable.Repeat("<div>", 100_000)) + "word")),
            StringComparison.Ordinal
        );

    [Fact]
    public void Deep_nesting_of_notes_is_refused() =>
        Assert.Contains(
            "nested deeper",
            Sample.Refusal(
                new DocumentFile(
                    "a.odt",
                    Zip(
                        (
                            "content.xml",
                            "<d><body><text><p>"
                                + Nested("<note><note-body><p>", "word", "</p></note-body></note>")
                                + "</p></text></body></d>"
                        )
                    )
                )
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("<w:sdt><w:sdtContent>", "<w:p/>", "</w:sdtContent></w:sdt>")]
    [InlineData("<w:tbl><w:tr><w:tc>", "<w:p/>", "</w:tc></w:tr></w:tbl>")]
    [InlineData("<w:unknown>", "<w:p/>", "</w:unknown>")]
    public void Deep_nesting_of_a_Word_document_is_refused(string before, string inner, string after)
    {
        const string Namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        const string Package = "http://schemas.openxmlformats.org/package/2006";
        const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
        const string Main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
        var zip = Zip(
            (
                "[Content_Types].xml",
                $"<Types xmlns='{Package}/content-types'>"
                    + "<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
                    + $"<Override PartName='/word/document.xml' ContentType='{Main}'/></Types>"
            ),
            (
                "_rels/.rels",
                $"<Relationships xmlns='{Package}/relationships'>"
                    + $"<Relationship Id='a' Type='{Office}' Target='word/document.xml'/></Relationships>"
            ),
            (
                "word/document.xml",
                $"<w:document xmlns:w='{Namespace}'><w:body>{Nested(before, inner, after)}</w:body></w:document>"
            )
        );

        Assert.Contains("nested deeper", Sample.Refusal(new DocumentFile("a.docx", zip)), StringComparison.Ordinal);
    }

    [Fact]
    public void Time_is_bounded()
    {
        var file = Sample.Load("groff-columns.pdf");
        var budget = new ReadBudget(TimeSpan.Zero, CancellationToken.None);

        var refused = Assert.Throws<UnreadableDocumentException>(() =>
            DocumentFormats.Read(DocumentFormats.Find(file)!, file, budget)
        );
        Assert.Contains("longer than 0 seconds", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_can_be_canceled()
    {
        var file = Sample.Load("groff-columns.pdf");

        Assert.Throws<OperationCanceledException>(() =>
            DocumentFormats.Read(DocumentFormats.Find(file)!, file, new CancellationToken(canceled: true))
        );
    }

    [Fact]
    public void Plain_text_and_unknown_archives_have_no_format()
    {
        Assert.Null(DocumentFormats.Find(Sample.Of("a.txt", "text")));
        Assert.Null(DocumentFormats.Find(Sample.Of("a.cs", "class A;")));
        Assert.Null(DocumentFormats.Find(Sample.Of("a.json", "{\"messages\": []}")));
        Assert.Null(DocumentFormats.Find(new DocumentFile("a.zip", Zip(("a.txt", "text")))));
        Assert.Null(DocumentFormats.Find(new DocumentFile("a", ReadOnlyMemory<byte>.Empty)));
    }

    private static string Nested(string before, string inner, string after)
    {
        const int Depth = 100_000;
        return string.Concat(Enumerable.Repeat(before, Depth)) + inner + string.Concat(Enumerable.Repeat(after, Depth));
    }

    /// <summary>A document of one page, the content of which is packed.</summary>
    private static byte[] Pdf(string filter, byte[] packed)
    {
        using var stream = new MemoryStream();
        Write("%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n");
        Write("2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n");
        Write("3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R>> endobj\n");
        Write($"4 0 obj <</Filter /{filter} /Length {packed.Length}>> stream\n");
        stream.Write(packed);
        Write("\nendstream endobj\ntrailer <</Root 1 0 R /Size 5>>\n%%EOF");
        return stream.ToArray();

        void Write(string text) => stream.Write(Encoding.ASCII.GetBytes(text));
    }

    private static byte[] Zlib(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var packed = new ZLibStream(stream, CompressionMode.Compress, leaveOpen: true))
        {
            packed.Write(bytes);
        }

        return stream.ToArray();
    }

    /// <summary>Every code stands for a zero more than the one before, and the last one goes on.</summary>
    private static byte[] LzwOfZeros(int codes)
    {
        var bytes = new List<byte>();
        var (held, heldBits, next) = (0, 0, 258);
        Write(256, 9);
        Write(0, 9);
        for (var i = 0; i < codes; i++)
        {
            Write(
                Math.Min(next, 4095),
                next < 511 ? 9
                    : next < 1023 ? 10
                    : next < 2047 ? 11
                    : 12
            );
            next = Math.Min(next + 1, 4096);
        }

        return [.. bytes];

        void Write(int code, int width)
        {
            (held, heldBits) = ((held << width) | code, heldBits + width);
            for (; heldBits >= 8; heldBits -= 8)
            {
                bytes.Add((byte)(held >> (heldBits - 8)));
            }

            held &= (1 << heldBits) - 1;
        }
    }

    private static byte[] Zip(params (string Name, string Text)[] parts)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in parts)
            {
                using var part = archive.CreateEntry(name).Open();
                part.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return stream.ToArray();
    }
}
