using System.Diagnostics.CodeAnalysis;
using McpLongContext.Documents.Formats;

namespace McpLongContext.Documents;

/// <summary>The formats, and how a file is read by one of them: within limits, whatever it holds.</summary>
public static class DocumentFormats
{
    /// <summary>The largest file of these formats that is read, in bytes: images in it are not, but count.</summary>
    public const long MaxFileBytes = 100 * 1024 * 1024;

    /// <summary>Libraries recurse into hostile files; a stack of this size is beyond their own limits.</summary>
    private const int StackBytes = 64 * 1024 * 1024;

    /// <summary>In the order in which they are asked: those with a certain mark first.</summary>
    public static IReadOnlyList<IDocumentFormat> All { get; } =
    [
        new PdfFormat(),
        new WordFormat(),
        new PowerPointFormat(),
        new ExcelFormat(),
        new EpubFormat(),
        new OpenDocumentFormat(),
        new NotebookFormat(),
        new WebVttFormat(),
        new SubRipFormat(),
        new MboxFormat(),
        new EmailFormat(),
        new SlackFormat(),
        new TelegramFormat(),
        new TeamsFormat(),
        new WhatsAppFormat(),
        new AgentSessionFormat(),
        new HtmlFormat(),
    ];

    private static readonly HashSet<string> s_packed = new(
        [".pdf", ".docx", ".docm", ".pptx", ".pptm", ".xlsx", ".xlsm", ".epub", ".odt", ".mbox"],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Whether files of this name are of a binary format that is read, and may be large.</summary>
    public static bool IsPacked(string name) => s_packed.Contains(Path.GetExtension(name));

    /// <summary>The format of a file; <see langword="null"/> for plain text and what is not read.</summary>
    public static IDocumentFormat? Find(DocumentFile file) => All.FirstOrDefault(format => format.Matches(file));

    /// <summary>Reads a file.</summary>
    /// <param name="format">The file's format.</param>
    /// <param name="file">The file.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The file's text; <see langword="null"/> when it is no document of the format after all.</returns>
    /// <exception cref="UnreadableDocumentException">
    /// The file is damaged, encrypted, holds no text or exceeds a limit.
    /// </exception>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public static ExtractedText? Read(
        IDocumentFormat format,
        DocumentFile file,
        CancellationToken cancellation = default
    ) => Read(format, file, new ReadBudget(ReadBudget.DefaultTime, cancellation));

    internal static ExtractedText? Read(IDocumentFormat format, DocumentFile file, ReadBudget budget)
    {
        ExtractedText? text = null;
        Exception? error = null;
        var reading = new Thread(() => text = ReadHere(format, file, budget, out error), StackBytes)
        {
            IsBackground = true,
            Name = $"Reading {format.Name}",
        };
        reading.Start();

        // What neither ends nor asks the budget is left behind: a background thread ends with the process.
        var grace = budget.Time + TimeSpan.FromSeconds(5);
        for (var waited = TimeSpan.Zero; !reading.Join(s_poll); waited += s_poll)
        {
            budget.Cancellation.ThrowIfCancellationRequested();
            if (waited > grace)
            {
                throw budget.Overdue();
            }
        }

        return error switch
        {
            null => text,
            UnreadableDocumentException or OperationCanceledException => throw error,
            _ => throw new UnreadableDocumentException($"a damaged {format.Name} file: {FirstLine(error)}", error),
        };
    }

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);

    [SuppressMessage(
        "Design",
        "CA1031",
        Justification = "Libraries throw anything at damaged files; the caller says so."
    )]
    private static ExtractedText? ReadHere(
        IDocumentFormat format,
        DocumentFile file,
        ReadBudget budget,
        out Exception? error
    )
    {
        error = null;
        try
        {
            var builder = new TextBuilder(budget);
            if (!format.Read(file, builder, budget))
            {
                return null;
            }

            var text = builder.Build();
            return string.IsNullOrWhiteSpace(text.Text)
                ? throw new UnreadableDocumentException($"a {format.Name} file without text")
                : text;
        }
        catch (Exception thrown)
        {
            error = thrown;
            return null;
        }
    }

    private static string FirstLine(Exception error)
    {
        var line = error.Message.Split('\n')[0].Trim();
        return line.Length > 200 ? line[..200] : line;
    }
}
