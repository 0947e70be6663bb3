using System.Text.Json;
using McpLongContext.Inference;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The retrieval heads of a model, found when they are first needed and kept in its folder, so that the next process
/// finds them at no cost. A file that is damaged, of other weights or of an earlier calibration counts as none.
/// </summary>
/// <remarks>
/// A JSON object: the version, which is <see cref="HeadCalibration.Version"/>; the model, which names the content of
/// the model's files; the layer, KV head, query heads and hit rate; and the CRC-32C of the other fields with a space
/// between them. Replaced in one step.
/// </remarks>
public static class RetrievalHeadsFile
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string Name = "retrieval-heads.json";

    /// <summary>The heads of a model: those that were kept, or else found now and kept.</summary>
    /// <param name="installed">The model's folder and what its files hold.</param>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The decoder's tokenizer.</param>
    /// <param name="header">The tokens before each window.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    /// <param name="cancellation">Ends the calibration.</param>
    /// <exception cref="ArgumentException">The header leaves no room in the model's window.</exception>
    public static RetrievalHeads ReadOrCalibrate(
        InstalledModel installed,
        Decoder model,
        Tokenizer tokenizer,
        ReadOnlySpan<int> header,
        int? threads = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        if (Read(installed, model.Config) is { } kept)
        {
            return kept;
        }

        var heads = HeadCalibration.Run(model, tokenizer, header, threads, cancellation);
        try
        {
            Write(installed, heads);
        }
        catch (ModelException)
        {
            // A folder that may not be written to costs the calibration each time, and nothing else.
        }

        return heads;
    }

    /// <summary>The heads that were kept for these files; null where there are none that can be used.</summary>
    /// <param name="installed">The model's folder and what its files hold.</param>
    /// <param name="config">The model's configuration.</param>
    public static RetrievalHeads? Read(InstalledModel installed, DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(installed);
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            return
                ModelFolderFile.Read<Content>(PathOf(installed)) is { } content
                && content.Crc32c == Checksum(content)
                && content.Version == HeadCalibration.Version
                && content.Model == KeyOf(installed)
                && Fits(content, config)
                ? new RetrievalHeads(content.Layer, content.Group, content.Heads, content.HitRate)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps the heads of a model.</summary>
    /// <param name="installed">The model's folder and what its files hold.</param>
    /// <param name="heads">The heads.</param>
    /// <exception cref="ModelException">The folder cannot be written to; the earlier file stays.</exception>
    public static void Write(InstalledModel installed, RetrievalHeads heads)
    {
        ArgumentNullException.ThrowIfNull(installed);
        ArgumentNullException.ThrowIfNull(heads);
        var content = new Content(
            HeadCalibration.Version,
            KeyOf(installed),
            heads.Layer,
            heads.KeyValueHead,
            [.. heads.Heads],
            heads.HitRate,
            ""
        );
        ModelFolderFile.Replace(PathOf(installed), content with { Crc32c = Checksum(content) }, "The retrieval heads");
    }

    private static string PathOf(InstalledModel installed) => Path.Combine(installed.Folder, Name);

    private static string KeyOf(InstalledModel installed) =>
        string.Join(' ', installed.Entry.Files.Select(file => file.Sha256));

    private static bool Fits(Content content, DecoderConfig config)
    {
        var size = config.HeadCount / config.KeyValueHeadCount;
        return (uint)content.Layer < (uint)config.LayerCount
            && (uint)content.Group < (uint)config.KeyValueHeadCount
            && content.Heads.Length > 0
            && Array.TrueForAll(content.Heads, head => head >= 0 && head / size == content.Group);
    }

    private static string Checksum(Content content) =>
        ModelFolderFile.Checksum(
            string.Create(
                null,
                $"{content.Version} {content.Model} {content.Layer} {content.Group} "
                    + $"{string.Join(' ', content.Heads)} {content.HitRate:R}"
            )
        );

    private sealed record Content(
        int Version,
        string Model,
        int Layer,
        int Group,
        int[] Heads,
        double HitRate,
        string Crc32c
    );
}
