using System.Text.RegularExpressions;
using McpLongContext.Documents.Mail;
using MimeKit;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// A mailbox (mbox): its messages in their order. Cited by the number of the message, 1-based: <c>#message=4</c>.
/// </summary>
internal sealed class MboxFormat : IDocumentFormat
{
    /// <inheritdoc/>
    public string Name => "Mailbox";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Head.StartsWith("From ", StringComparison.Ordinal)
        && s_envelope.Value.IsMatch(file.Head)
        && !s_patch.Value.IsMatch(file.Head);

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var stream = file.Open();
        var parser = new MimeParser(MessageText.Options, stream, MimeFormat.Mbox);
        var reading = new MessageText(text, budget);
        for (var number = 1; !parser.IsEndOfStream; number++)
        {
            text.Mark($"message={number}");
            using var message = parser.ParseMessage(budget.Cancellation);
            reading.Add(message);
        }

        return true;
    }

    private static readonly Lazy<Regex> s_envelope = Once(@"^From \S+ .{0,80}\d{2}:\d{2}");

    /// <summary>A patch of Git is text with a diff, although it begins as a mailbox does.</summary>
    private static readonly Lazy<Regex> s_patch = Once(@"^From [0-9a-f]{40} Mon Sep 17 00:00:00 2001");

    private static Lazy<Regex> Once(string pattern) =>
        new(() => new Regex(pattern, RegexOptions.NonBacktracking, Regex.InfiniteMatchTimeout));
}
