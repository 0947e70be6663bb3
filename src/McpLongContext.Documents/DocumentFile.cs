using System.IO.Compression;
using System.Text;

namespace McpLongContext.Documents;

/// <summary>A file in RAM, as formats look at it.</summary>
/// <param name="name">The file's name; the extension counts where the content does not tell.</param>
/// <param name="bytes">The file's content.</param>
/// <param name="decode">Decodes it as text, <see langword="null"/> where it is none; UTF-8 when not given.</param>
public sealed class DocumentFile(string name, ReadOnlyMemory<byte> bytes, Func<string?>? decode = null)
{
    private const int HeadBytes = 16 * 1024;

    private readonly Lazy<string> _head = new(() => HeadOf(bytes.Span));
    private readonly Lazy<string?> _text = new(decode ?? (() => Decode(bytes.Span)));
    private readonly Lazy<IReadOnlySet<string>> _parts = new(() => PartsOf(bytes));

    /// <summary>The name of the file, without its folders.</summary>
    public string Name { get; } = Path.GetFileName(name);

    /// <summary>The extension in lower case, with its dot.</summary>
    public string Extension { get; } = Path.GetExtension(name).ToLowerInvariant();

    /// <summary>The content.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The first characters, read as UTF-8, without a byte order mark and leading white space.</summary>
    public string Head => _head.Value;

    /// <summary>The whole content as text.</summary>
    /// <exception cref="UnreadableDocumentException">The content is not text.</exception>
    public string Text => _text.Value ?? throw new UnreadableDocumentException("its encoding is not recognized");

    /// <summary>The names in a ZIP archive; none for any other file.</summary>
    public IReadOnlySet<string> Parts => _parts.Value;

    /// <summary>Whether the content begins with bytes.</summary>
    public bool StartsWith(ReadOnlySpan<byte> beginning) => bytes.Span.StartsWith(beginning);

    /// <summary>The content as a stream.</summary>
    public Stream Open() => OpenBytes(bytes);

    private static MemoryStream OpenBytes(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private static string? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Encoding.Unicode.Preamble))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        var text = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;
        return text.Contains((byte)0) ? null : Encoding.UTF8.GetString(text);
    }

    private static string HeadOf(ReadOnlySpan<byte> bytes)
    {
        var head = bytes[..Math.Min(bytes.Length, HeadBytes)];
        var text =
            head.StartsWith(Encoding.Unicode.Preamble) ? Encoding.Unicode.GetString(head[2..])
            : head.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.GetString(head[3..])
            : Encoding.UTF8.GetString(head);
        return text.TrimStart();
    }

    private static HashSet<string> PartsOf(ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.Span.StartsWith("PK\x03\x04"u8))
        {
            return [];
        }

        try
        {
            using var archive = new ZipArchive(OpenBytes(bytes), ZipArchiveMode.Read);
            return archive.Entries.Select(entry => entry.FullName).ToHashSet(StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException)
        {
            return [];
        }
    }
}
