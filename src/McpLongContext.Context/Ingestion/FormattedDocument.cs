using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Decoding;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Documents;

namespace McpLongContext.Context.Ingestion;

/// <summary>Reads the text of a file that is of a document format.</summary>
internal static class FormattedDocument
{
    /// <summary>Reads a file; false when it is plain text or nothing that is read.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="bytes">The file's content.</param>
    /// <param name="wanted">How much the user wants the file.</param>
    /// <param name="isStored">Whether a document of this content is stored already, and need not be read again.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="document">The document; <see langword="null"/> when it has no text.</param>
    /// <param name="reason">Why it has none.</param>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public static bool TryRead(
        string path,
        byte[] bytes,
        Wanted wanted,
        Func<SourceDocument, bool> isStored,
        CancellationToken cancellation,
        out SourceDocument? document,
        out string? reason
    )
    {
        document = null;
        reason = null;
        var file = new DocumentFile(
            path,
            bytes,
            () => TextDecoder.TryDecode(bytes, out var text, out _, out _) ? text : null
        );
        if (DocumentFormats.Find(file) is not { } format)
        {
            return false;
        }

        var unread = new SourceDocument("", KindOf(format.Layout), SourceDocument.HashOf(bytes), bytes.Length)
        {
            Format = format,
        };
        if (isStored(unread))
        {
            document = unread;
            return true;
        }

        try
        {
            if (DocumentFormats.Read(format, file, cancellation) is not { } text)
            {
                return false;
            }

            document = unread with { Text = text.Text, Extracted = text };
            reason = ContentScreen.Judge(
                text.Text,
                document.Kind,
                path,
                wanted == Wanted.EvenAsSecret ? wanted : Wanted.Explicitly
            );
        }
        catch (UnreadableDocumentException error)
        {
            reason = error.Message;
        }

        document = reason is null ? document : null;
        return true;
    }

    private static DocumentKind KindOf(TextLayout layout) =>
        layout switch
        {
            TextLayout.Markdown => DocumentKind.Markdown,
            TextLayout.Transcript => DocumentKind.Transcript,
            _ => throw new ArgumentOutOfRangeException(nameof(layout)),
        };
}
