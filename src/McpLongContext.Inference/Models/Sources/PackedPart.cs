namespace McpLongContext.Inference.Models.Sources;

/// <summary>A part of a model's file in a package, and where it belongs.</summary>
/// <param name="Source">The package, or null for the entry's own.</param>
/// <param name="From">The path in the package.</param>
/// <param name="Offset">Where in that file the part begins; null where it is the whole file.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="File">The model's file, as it is installed.</param>
/// <param name="Position">Where in the model's file the part goes.</param>
internal sealed record PackedPart(string? Source, string From, long? Offset, long Size, string File, long Position)
{
    /// <summary>The parts of a file; one where it is a whole file of its package.</summary>
    public static IEnumerable<PackedPart> Of(ModelFile file)
    {
        long position = 0;
        foreach (var part in file.Parts ?? [new FilePart(file.SourcePath, file.Size)])
        {
            yield return new PackedPart(part.Source, part.From, part.Offset, part.Size, file.Name, position);
            position += part.Size;
        }
    }
}
