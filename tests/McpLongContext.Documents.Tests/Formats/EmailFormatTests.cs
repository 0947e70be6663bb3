namespace McpLongContext.Documents.Tests.Formats;

public sealed class EmailFormatTests
{
    [Fact]
    public void Encoded_headers_and_bodies_are_read()
    {
        var text = Sample.Read(
            "a.eml",
            "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nSubject: =?utf-8?Q?=C3=9Cbergabe?=\r\nMIME-Version: 1.0\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                + "Die Gew=C3=A4hrleistung f=C3=BCr die Maschi=\r\nnenhalle endet.\r\n"
        );

        Assert.StartsWith("# Übergabe\n", text.Text, StringComparison.Ordinal);
        Assert.Contains("Jörg", text.Text, StringComparison.Ordinal);
        Assert.Equal("message=1", text.Locate("Die Gewährleistung für die Maschinenhalle endet."));
    }

    [Theory]
    [InlineData("python.eml")]
    [InlineData("nodemailer.eml")]
    public void A_body_of_HTML_and_an_attachment_of_text_are_read(string name)
    {
        var text = Sample.Read(name).Text;

        Assert.Contains("\nDrain the casing", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<p>", text, StringComparison.Ordinal);
        Assert.Contains("Attachment: list.txt\n\nshelf B4", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_is_no_mailbox() =>
        Assert.Null(
            DocumentFormats.Find(
                Sample.Of(
                    "0001.patch",
                    $"From {new string('a', 40)} Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n"
                )
            )
        );
}
