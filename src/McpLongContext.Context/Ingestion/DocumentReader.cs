using System.Diagnostics.CodeAnalysis;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Decoding;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Documents;

namespace McpLongContext.Context.Ingestion;

/// <summary>Reads files into documents, and says why a file is none.</summary>
internal sealed class DocumentReader(AllowedRoots roots)
{
    /// <summary>The largest file that is read: several times the longest books.</summary>
    public const long MaxFileBytes = 20 * 1024 * 1024;

    /// <summary>
    /// The largest file of records or settings that is read without being named: beyond it is a dump.
    /// </summary>
    public const long MaxDataBytes = 1024 * 1024;

    /// <summary>One at a time: a file of these formats may be large, and its text many times larger.</summary>
    private static readonly SemaphoreSlim s_packed = new(1);

    /// <summary>Why a file of this size is not read.</summary>
    /// <param name="bytes">The size of the file.</param>
    /// <param name="most">The largest size that is read.</param>
    public static string TooLarge(long bytes, long most = MaxFileBytes) =>
        $"{bytes / 1048576.0:F1} MB, larger than the {most / 1048576} MB that a file may have; split it";

    /// <summary>The largest size of a file of this name that is read.</summary>
    public static long MaxBytesOf(string path) =>
        DocumentFormats.IsPacked(path) ? DocumentFormats.MaxFileBytes : MaxFileBytes;

    /// <summary>Reads a file.</summary>
    /// <param name="file">As the scan found it.</param>
    /// <param name="document">The content of the document.</param>
    /// <param name="skipped">Why it is none.</param>
    /// <param name="isStored">Whether this content is stored already; then its text may be left empty.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public bool TryRead(
        SourceFile file,
        [NotNullWhen(true)] out SourceDocument? document,
        [NotNullWhen(false)] out SkippedSource? skipped,
        Func<SourceDocument, bool>? isStored = null,
        CancellationToken cancellation = default
    )
    {
        var isPacked = DocumentFormats.IsPacked(file.Path);
        if (isPacked)
        {
            s_packed.Wait(cancellation);
        }

        try
        {
            return TryReadNow(file, isStored ?? (_ => false), cancellation, out document, out skipped);
        }
        finally
        {
            if (isPacked)
            {
                s_packed.Release();
            }
        }
    }

    private bool TryReadNow(
        SourceFile file,
        Func<SourceDocument, bool> isStored,
        CancellationToken cancellation,
        [NotNullWhen(true)] out SourceDocument? document,
        [NotNullWhen(false)] out SkippedSource? skipped
    )
    {
        document = null;
        if (!TryReadStable(file.Path, out var bytes, out skipped))
        {
            return false;
        }

        if (
            !FormattedDocument.TryRead(
                file.Path,
                bytes,
                file.Wanted,
                isStored,
                cancellation,
                out document,
                out var reason
            )
        )
        {
            document = Interpret(file, bytes, out reason);
        }

        skipped = document is null ? new SkippedSource(file.Path, reason!) : null;
        return document is not null;
    }

    /// <summary>
    /// The document that a file's bytes hold; <see langword="null"/> with the reason when they hold none.
    /// </summary>
    private static SourceDocument? Interpret(SourceFile file, byte[] bytes, out string? reason)
    {
        if (bytes.Length == 0)
        {
            reason = "empty";
            return null;
        }

        if (!TextDecoder.TryDecode(bytes, out var text, out var doubt, out reason))
        {
            return null;
        }

        var kind = DocumentKindRecognizer.Recognize(file.Path, text);
        reason = ContentScreen.Judge(text, kind, file.Path, file.Wanted);
        if (reason is null && file.Wanted == Wanted.AsFound && kind == DocumentKind.Data && bytes.Length > MaxDataBytes)
        {
            reason =
                $"{bytes.Length / 1048576.0:F1} MB of data, more than the {MaxDataBytes / 1048576} MB that a data file may "
                + "have unless the file itself is named";
        }

        return reason is null
            ? new SourceDocument(text, kind, SourceDocument.HashOf(bytes), bytes.Length, doubt)
            : null;
    }

    /// <summary>Reads the whole file, once more when it changed meanwhile.</summary>
    private bool TryReadStable(
        string path,
        [NotNullWhen(true)] out byte[]? bytes,
        [NotNullWhen(false)] out SkippedSource? skipped
    )
    {
        bytes = null;
        try
        {
            for (var attempt = 0; attempt < 2; attempt++)
            {
                using var stream = roots.OpenRead(path);
                if (stream.Length > MaxBytesOf(path))
                {
                    skipped = new SkippedSource(path, TooLarge(stream.Length, MaxBytesOf(path)));
                    return false;
                }

                bytes = ReadUnchanged(stream, () => File.GetLastWriteTimeUtc(stream.SafeFileHandle));
                if (bytes is not null)
                {
                    skipped = null;
                    return true;
                }
            }

            const string Reason = "it changed while it was read; ingest again when it is finished";
            skipped = new SkippedSource(path, Reason, IsTransient: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            skipped = new SkippedSource(path, $"it cannot be read: {e.Message}", IsTransient: File.Exists(path));
        }

        return false;
    }

    /// <summary>Reads to the end; null when size or time changed meanwhile.</summary>
    /// <param name="stream">The file, at its beginning.</param>
    /// <param name="lastWriteTime">When the open file was last written.</param>
    internal static byte[]? ReadUnchanged(Stream stream, Func<DateTime> lastWriteTime)
    {
        var size = stream.Length;
        var modified = lastWriteTime();

        var bytes = GC.AllocateUninitializedArray<byte>((int)size);
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        // One byte more is looked for, to notice growth.
        var isWhole = read == size && stream.ReadByte() < 0;
        return isWhole && stream.Length == size && lastWriteTime() == modified ? bytes : null;
    }
}
