using DocumentFormat.OpenXml.Packaging;
using McpLongContext.Documents.Archives;

namespace McpLongContext.Documents.Office;

/// <summary>The checks and settings that all Office files are opened with.</summary>
internal static class OfficePackage
{
    private const long MaxCharactersInPart = 100_000_000;

    /// <summary>How packages are opened: no part is longer than this, no entity is expanded.</summary>
    public static OpenSettings Settings => new() { MaxCharactersInPart = MaxCharactersInPart };

    /// <summary>Whether a file is an Office file within the container of encrypted ones.</summary>
    public static bool IsEncrypted(DocumentFile file, params ReadOnlySpan<string> extensions) =>
        extensions.Contains(file.Extension) && file.StartsWith([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);

    /// <summary>Refuses encrypted files, bombs, and elements that are nested too deeply.</summary>
    public static void Check(DocumentFile file, ReadBudget budget)
    {
        if (file.Parts.Count == 0)
        {
            throw new UnreadableDocumentException(
                "encrypted, or of an older version of Office; save it anew without a password"
            );
        }

        using var package = PackageReader.Open(file);
        package.CheckNesting(budget);
    }
}
