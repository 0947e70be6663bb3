using System.IO.Compression;
using System.Xml;
using System.Xml.Linq;

namespace McpLongContext.Documents.Archives;

/// <summary>
/// Reads the parts of a ZIP package within limits: a bomb is found by its directory, before it is unpacked.
/// </summary>
internal sealed class PackageReader : IDisposable
{
    private const int MaxParts = 20_000;
    private const long MaxPartBytes = 128 * 1024 * 1024;

    private static readonly XmlReaderSettings s_xml = new()
    {
        DtdProcessing = DtdProcessing.Ignore,
        XmlResolver = null,
        MaxCharactersInDocument = MaxPartBytes,
    };

    private readonly ZipArchive _archive;

    private PackageReader(ZipArchive archive) => _archive = archive;

    /// <summary>Opens a package.</summary>
    /// <exception cref="UnreadableDocumentException">The package has too many parts, or they are too large.</exception>
    /// <exception cref="InvalidDataException">The package is damaged.</exception>
    public static PackageReader Open(DocumentFile file)
    {
        var archive = new ZipArchive(file.Open(), ZipArchiveMode.Read);
        // The directory's lengths bind: a part ends there when it is unpacked. Media are never unpacked.
        var texts = archive.Entries.Where(entry => !IsMedia(entry.FullName)).ToList();
        if (
            archive.Entries.Count > MaxParts
            || texts.Exists(entry => entry.Length > MaxPartBytes)
            || texts.Sum(entry => entry.Length) > ReadBudget.MaxUnpackedBytes
        )
        {
            archive.Dispose();
            throw new UnreadableDocumentException(
                $"unpacked it is larger than the {ReadBudget.MaxUnpackedBytes >> 20} MB ({MaxParts:N0} parts of "
                    + $"{MaxPartBytes >> 20} MB) that a document may be"
            );
        }

        return new PackageReader(archive);
    }

    /// <summary>A part; <see langword="null"/> when there is none of this name.</summary>
    public byte[]? Find(string name)
    {
        if (_archive.GetEntry(name) is not { } entry || entry.Length > MaxPartBytes)
        {
            return null;
        }

        using var stream = entry.Open();
        using var bytes = new MemoryStream((int)entry.Length);
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>A part of XML; no entity is expanded, nothing outside is read.</summary>
    /// <exception cref="UnreadableDocumentException">Elements are nested too deeply.</exception>
    public XDocument? FindXml(string name)
    {
        if (Find(name) is not { } bytes)
        {
            return null;
        }

        CheckNesting(new MemoryStream(bytes));
        using var reader = XmlReader.Create(new MemoryStream(bytes), s_xml);
        return XDocument.Load(reader);
    }

    /// <summary>
    /// Bounds the nesting of all parts that are XML, whatever their names, before a library reads them: it recurses, or
    /// takes time that grows with the square of the depth.
    /// </summary>
    /// <exception cref="UnreadableDocumentException">Elements are nested too deeply.</exception>
    public void CheckNesting(ReadBudget budget)
    {
        foreach (var entry in _archive.Entries)
        {
            budget.Check();
            try
            {
                using var stream = entry.Open();
                CheckNesting(stream);
            }
            catch (Exception e) when (e is XmlException or InvalidDataException)
            {
                // No XML, packed in a way that nobody reads, or damaged after this place: no reader of XML gets further.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    private static void CheckNesting(Stream stream)
    {
        using var reader = XmlReader.Create(stream, s_xml);
        while (reader.Read())
        {
            ReadBudget.CheckDepth(reader.Depth);
        }
    }

    private static bool IsMedia(string name) =>
        Path.GetExtension(name).ToLowerInvariant()
            is ".png"
                or ".jpg"
                or ".jpeg"
                or ".gif"
                or ".emf"
                or ".wmf"
                or ".mp3"
                or ".mp4"
                or ".m4a"
                or ".wav"
                or ".ttf"
                or ".otf"
                or ".woff"
                or ".woff2"
                or ".bin"
                or ".tif"
                or ".tiff"
                or ".bmp"
                or ".webp"
                or ".avi"
                or ".mov";
}
