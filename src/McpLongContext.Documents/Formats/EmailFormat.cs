using System.Text.RegularExpressions;
using McpLongContext.Documents.Mail;
using MimeKit;

namespace McpLongContext.Documents.Formats;

/// <summary>A single email (<c>.eml</c>): subject, addresses, date, the body as text, attachments of text.</summary>
internal sealed class EmailFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Email";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Extension is ".eml" or ".emlx" or "" && s_headers.Value.IsMatch(file.Head);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var stream = file.Open();
        if (file.Extension == ".emlx")
        {
            // The length of the message stands in front of it.
            stream.Position = file.Bytes.Span.IndexOf((byte)'\n') + 1;
        }

        using var message = MimeMessage.Load(MessageText.Options, stream, budget.Cancellation);
        text.Mark("message=1");
        new MessageText(text, budget).Add(message);
        return true;
    }

    /// <summary>Headers of which at least one is of a message.</summary>
    private static readonly Lazy<Regex> s_headers = new(() =>
        new Regex(
            @"^(?:\d+\s*\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)*(?:From|Received|Message-ID|MIME-Version|Subject|Return-Path|Delivered-To|Date):[ \t]",
            RegexOptions.NonBacktracking | RegexOptions.IgnoreCase,
            Regex.InfiniteMatchTimeout
        )
    );
}
