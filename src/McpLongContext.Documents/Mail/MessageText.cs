using System.Text;
using McpLongContext.Documents.Markup;
using MimeKit;

namespace McpLongContext.Documents.Mail;

/// <summary>The text of an email: its heading, its body, what is attached as text or as another message.</summary>
/// <param name="text">Receives the text.</param>
/// <param name="budget">Bounds the time.</param>
internal sealed class MessageText(TextBuilder text, ReadBudget budget)
{
    private const int MaxNested = 8;

    /// <summary>
    /// How messages are parsed: nesting is bounded, and bytes that are not declared are read as UTF-8.
    /// </summary>
    public static ParserOptions Options => new() { MaxMimeDepth = 64, CharsetEncoding = Encoding.UTF8 };

    /// <summary>Adds a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="nested">How many messages it is attached in.</param>
    public void Add(MimeMessage message, int nested = 0)
    {
        budget.Check();
        text.AddHeading(Math.Min(nested + 1, 6), message.Subject is { Length: > 0 } subject ? subject : "(no subject)");
        AddHeader("From", message.From);
        AddHeader("To", message.To);
        AddHeader("Cc", message.Cc);
        if (message.Headers.Contains(HeaderId.Date))
        {
            text.Add($"Date: {message.Date:yyyy-MM-dd HH:mm zzz}");
        }

        text.Blank();
        AddBody(message);
        foreach (var attachment in message.Attachments)
        {
            AddAttachment(attachment, nested);
        }
    }

    private void AddHeader(string name, InternetAddressList addresses)
    {
        if (addresses.Count > 0)
        {
            text.Add($"{name}: {TextBuilder.OneLine(addresses.ToString())}");
        }
    }

    private void AddBody(MimeMessage message)
    {
        if (message.TextBody is { } plain && !string.IsNullOrWhiteSpace(plain))
        {
            text.AddParagraph(plain);
        }
        else if (message.HtmlBody is { } html)
        {
            using var page = HtmlText.Parse(html);
            new HtmlText(text, budget).Add(page.Body!);
        }
        else if (message.Body?.ContentType is { } type && (type.IsMimeType("multipart", "encrypted") || IsSealed(type)))
        {
            text.AddParagraph("(The message is encrypted.)");
        }
    }

    private static bool IsSealed(ContentType type) =>
        type.MediaSubtype.EndsWith("pkcs7-mime", StringComparison.OrdinalIgnoreCase);

    private void AddAttachment(MimeEntity attachment, int nested)
    {
        budget.Check();
        if (attachment is MessagePart { Message: { } message } && nested < MaxNested)
        {
            Add(message, nested + 1);
            return;
        }

        var name =
            attachment.ContentDisposition?.FileName ?? attachment.ContentType.Name ?? attachment.ContentType.MimeType;
        text.AddParagraph($"Attachment: {TextBuilder.OneLine(name)}");
        if (attachment is TextPart part)
        {
            text.AddParagraph(part.Text ?? "");
        }
    }
}
