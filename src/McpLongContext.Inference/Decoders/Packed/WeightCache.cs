using System.Text;
using McpLongContext.Inference.Models;

namespace McpLongContext.Inference.Decoders.Packed;

/// <summary>
/// Where the packed int8 weights of a model are kept between loads, so that only the first one packs. Several processes
/// map the same file and share its RAM.
/// </summary>
/// <param name="Path">The file; it may be missing, of other content or damaged.</param>
/// <param name="Content">Names the content of the checkpoint: weights that were kept of another one are not
/// used.</param>
public sealed record WeightCache(string Path, string Content)
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string Name = "weights.int8";

    /// <summary>
    /// The cache of an installed model, in its folder, with which it goes. It holds for the files that were installed,
    /// as they were when it was written: their checksums, lengths and times of change.
    /// </summary>
    public static WeightCache Of(InstalledModel model)
    {
        var content = new StringBuilder();
        foreach (var file in model.Entry.Files)
        {
            var info = new FileInfo(System.IO.Path.Combine(model.Folder, file.Name));
            content.Append(null, $"{file.Name} {file.Sha256} {info.Length} {info.LastWriteTimeUtc.Ticks}\n");
        }

        return new WeightCache(System.IO.Path.Combine(model.Folder, Name), content.ToString());
    }
}
