using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Decoding;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion;

public sealed class DocumentReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_document_has_its_text_kind_hash_and_size()
    {
        var document = Read("a.md", "# Tïtle\r\n\r\ntext\n"u8.ToArray());
        Assert.Equal("# Tïtle\r\n\r\ntext\n", document.Text);
        Assert.Equal(DocumentKind.Markdown, document.Kind);
        Assert.Equal(17, document.Bytes);
        Assert.Equal(SourceDocument.FromText("a.md", document.Text), document);
    }

    [Fact]
    public void The_content_hash_is_sha_256() =>
        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            SourceDocument.FromText("a", "abc").ContentHash
        );

    public static TheoryData<string, byte[]> Encoded =>
        new()
        {
            { "UTF-8", Encoding.UTF8.GetBytes(Sample) },
            { "UTF-8 with mark", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Sample)] },
            { "UTF-16 LE with mark", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Sample)] },
            {
                "UTF-16 BE with mark",
                [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Sample)]
            },
            { "UTF-32 LE with mark", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(Sample)] },
            { "UTF-16 LE", Encoding.Unicode.GetBytes(Sample) },
            { "UTF-16 BE", Encoding.BigEndianUnicode.GetBytes(Sample) },
            { "Latin-1", Encoding.Latin1.GetBytes(Sample) },
        };

    private const string Sample = "Grüße aus Köln, naïve façade.\r\nZweite Zeile: déjà vu.\n";

    [Theory]
    [MemberData(nameof(Encoded))]
    public void Text_is_the_same_in_every_encoding(string encoding, byte[] bytes)
    {
        Assert.NotEmpty(encoding);
        Assert.Equal(Sample, Read("a.txt", bytes).Text);
    }

    [Fact]
    public void Windows_quotes_are_not_lost()
    {
        byte[] bytes = [0x93, .. "quoted"u8, 0x94, (byte)' ', 0x96, (byte)' ', 0x80, (byte)'5', (byte)'\n'];
        Assert.Equal("“quoted” – €5\n", Read("a.txt", bytes).Text);
    }

    [Fact]
    public void A_log_cut_within_a_character_stays_utf_8()
    {
        var bytes = Encoding.UTF8.GetBytes("Grüße, größer, schöner: 日本語")[..^1];
        Assert.StartsWith("Grüße, größer, schöner: 日本", Read("a.txt", bytes).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_content_is_refused_whatever_its_name_says()
    {
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            var bytes = new byte[random.Next(64, 5_000)];
            random.NextBytes(bytes);
            Assert.Contains("binary", Refuse("a.cs", bytes), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t ")]
    [InlineData("\uFEFF")]
    public void A_file_without_text_is_empty(string text) =>
        Assert.Equal("empty", Refuse("a.txt", Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_file_larger_than_the_limit_is_refused_unread()
    {
        using (var file = File.Create(_folder["a.txt"]))
        {
            file.SetLength(3L << 30);
        }

        Assert.Contains("20 MB that a file may have", Refuse("a.txt", named: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_vanished_is_a_reason_and_not_an_exception()
    {
        Assert.Contains("cannot be read", Refuse("missing.txt"), StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["directory.txt"]);
        Assert.Contains("cannot be read", Refuse("directory.txt"), StringComparison.Ordinal);
    }

    public static TheoryData<string, int> Changes =>
        new()
        {
            { "grown", 20_000 },
            { "truncated", 5_000 },
            { "rewritten", 10_000 },
        };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_file_that_changes_while_it_is_read_is_noticed(string change, int length)
    {
        var path = _folder.Write("a.txt", new string('a', 10_000));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        using var stream = new ChangingStream(path, () => File.WriteAllText(path, new string('b', length)));
        Assert.True(DocumentReader.ReadUnchanged(stream, () => File.GetLastWriteTimeUtc(path)) is null, change);
    }

    [Fact]
    public void A_file_that_is_written_without_end_is_a_reason_and_not_an_exception()
    {
        var path = _folder.Write("a.txt", "a");
        var writing = true;
        var writer = new Thread(() =>
        {
            do
            {
                File.WriteAllText(path, new string('b', 1_000_000));
            } while (Volatile.Read(ref writing));
        });
        writer.Start();
        try
        {
            var reader = new DocumentReader(new AllowedRoots(_folder.Path));
            for (var i = 0; i < 50; i++)
            {
                var isRead = reader.TryRead(Source("a.txt"), out var document, out var skipped);
                Assert.True(isRead ? document!.Bytes > 0 : skipped!.Reason.Length > 0);
            }
        }
        finally
        {
            Volatile.Write(ref writing, false);
            writer.Join();
        }

        Assert.Equal(1_000_000, Read("a.txt").Text.Length);
    }

    [Theory]
    [InlineData("a.txt", "notes\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n", "private key")]
    [InlineData("a", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n", "private key")]
    [InlineData("a.yaml", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n", "private key")]
    [InlineData("a.cs", "// <auto-generated/>\nclass A { }\n", "generated")]
    [InlineData("a.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n", "generated")]
    [InlineData("a.js", "/**\n * @generated SignedSource<<x>>\n */\n", "generated")]
    [InlineData("a.py", "# Generated by the protocol buffer compiler.  DO NOT EDIT!\n", "generated")]
    [InlineData("a.c", "/* Automatically generated by generate.py, do not edit. */\n", "generated")]
    public void Secrets_and_generated_code_are_found_by_content(string name, string text, string reason) =>
        Assert.Contains(reason, Refuse(name, Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "a.cs",
        "class A\n{\n    // We generate ids; do not edit them by hand.\n    const string Key = \"-----BEGIN PRIVATE KEY-----\";\n}\n"
    )]
    [InlineData("a.cs", "class Tests\n{\n    string Code = \"\"\"\n        // <auto-generated/>\n        \"\"\";\n}\n")]
    [InlineData("a.txt", "The header -----BEGIN PRIVATE KEY----- begins a key.\n")]
    [InlineData("a.txt", "-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA\n")]
    [InlineData("a.md", "Files with @generated are skipped.\n")]
    public void Text_about_secrets_and_generators_is_read(string name, string text) =>
        Assert.Equal(text, Read(name, Encoding.UTF8.GetBytes(text)).Text);

    [Fact]
    public void Minified_code_is_found_by_its_lines_unless_the_file_is_named()
    {
        var text = string.Concat(Enumerable.Repeat("function a(b){return c(b)};var d=a(1);", 200));
        Assert.Contains("minified", Refuse("a.js", Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);
        Assert.True(
            new DocumentReader(new AllowedRoots(_folder.Path)).TryRead(Source("a.js", named: true), out _, out _)
        );
    }

    [Fact]
    public void A_data_dump_is_refused_unless_the_file_is_named()
    {
        var text = string.Concat(Enumerable.Repeat("{\"a\": 1}\n", 200_000));
        Assert.StartsWith(
            "1.7 MB of data, more than the 1 MB that",
            Refuse("a.jsonl", Encoding.UTF8.GetBytes(text)),
            StringComparison.Ordinal
        );
        Assert.True(
            new DocumentReader(new AllowedRoots(_folder.Path)).TryRead(Source("a.jsonl", named: true), out _, out _)
        );
    }

    [Fact]
    public void Data_of_a_megabyte_is_read_and_a_byte_more_is_not()
    {
        var text = string.Concat(Enumerable.Repeat("{\"a\": 1}\n", 120_000))[..(int)DocumentReader.MaxDataBytes];
        Assert.Equal(DocumentReader.MaxDataBytes, Read("a.jsonl", Encoding.UTF8.GetBytes(text)).Bytes);
        Assert.Contains("of data", Refuse("a.jsonl", Encoding.UTF8.GetBytes(text + " ")), StringComparison.Ordinal);
    }

    [Fact]
    public void Too_large_says_how_large() =>
        Assert.Equal(
            "30.5 MB, larger than the 20 MB that a file may have; split it",
            DocumentReader.TooLarge(61 << 19)
        );

    /// <summary>Accents or control characters among plain ones.</summary>
    [Theory]
    [InlineData(0xE9, 100, 200, true)]
    [InlineData(0x01, 4, 96, true)]
    [InlineData(0x01, 5, 95, false)]
    [InlineData(0x01, 2, 47, true)]
    [InlineData(0x01, 3, 46, false)]
    [InlineData(0x1B, 50, 50, true)]
    [InlineData(0x0C, 50, 50, true)]
    [InlineData(0x08, 50, 50, true)]
    public void Text_is_mostly_plain(int strange, int count, int plain, bool isText)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)'a', plain), .. Enumerable.Repeat((byte)strange, count)];
        Assert.Equal(isText, TextDecoder.TryDecode(bytes, out _, out _, out var reason));
        Assert.Equal(isText, reason is null);
    }

    [Fact]
    public void Every_mark_of_utf_32_is_known()
    {
        var encoding = new UTF32Encoding(bigEndian: true, byteOrderMark: true);
        Assert.True(
            TextDecoder.TryDecode([.. encoding.Preamble, .. encoding.GetBytes(Sample)], out var text, out _, out _)
        );
        Assert.Equal(Sample, text);
    }

    [Theory]
    [InlineData("grün, schön", 1, true)]
    [InlineData("grün", 1, true)]
    [InlineData("grün", 2, false)]
    public void Text_is_utf_8_where_most_of_what_is_not_ascii_is(string valid, int invalid, bool isUtf8)
    {
        byte[] bytes =
        [
            .. Encoding.UTF8.GetBytes(valid + " and so on "),
            .. Enumerable.Repeat((byte)0xE9, invalid),
            (byte)' ',
        ];
        Assert.True(TextDecoder.TryDecode(bytes, out var text, out _, out _));
        Assert.Equal(isUtf8, text.StartsWith(valid, StringComparison.Ordinal));
    }

    private SourceFile Source(string name, bool named = false) =>
        new(_folder[name], 0, default, named ? Wanted.Explicitly : Wanted.AsFound);

    private SourceDocument Read(string name, byte[]? content = null)
    {
        if (content is not null)
        {
            _folder.Write(name, content);
        }

        Assert.True(
            new DocumentReader(new AllowedRoots(_folder.Path)).TryRead(Source(name), out var document, out var skipped),
            skipped?.Reason
        );
        return document;
    }

    private string Refuse(string name, byte[]? content = null, bool named = false)
    {
        if (content is not null)
        {
            _folder.Write(name, content);
        }

        Assert.False(
            new DocumentReader(new AllowedRoots(_folder.Path)).TryRead(Source(name, named), out _, out var skipped)
        );
        return skipped!.Reason;
    }

    /// <summary>A file that somebody changes while its second half is read.</summary>
    private sealed class ChangingStream(string path, Action change)
        : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0)
    {
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            if (_reads++ == 1)
            {
                change();
            }

            return base.Read(buffer[..Math.Min(buffer.Length, 6_000)]);
        }
    }
}
