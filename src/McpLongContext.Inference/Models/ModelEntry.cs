using System.Text.Json.Serialization;

namespace McpLongContext.Inference.Models;

/// <summary>A model as its source offers it: what it is, where it comes from, and the files to expect.</summary>
/// <param name="Name">The name it is installed under, also the name of its folder.</param>
/// <param name="Source">
/// <c>npm:NAME@VERSION</c>, <c>hf:ORG/REPO@REVISION</c>, <c>shipped:FOLDER</c> for one beside the catalog, or the
/// absolute path of a folder.
/// </param>
/// <param name="Files">
/// The files that are installed, no others; none in a catalog's entry of a hub repository whose files the hub tells.
/// </param>
public sealed record ModelEntry(string Name, string Source, IReadOnlyList<ModelFile> Files)
{
    /// <summary>
    /// The model's purpose: <see cref="Encoder"/>, <see cref="Chat"/>, <see cref="Completion"/>, <see cref="EncoderDecoder"/> or
    /// <see cref="Bits"/>; null where its source does not say.
    /// </summary>
    public string? Purpose { get; init; }

    /// <summary>The SPDX identifier of the weights' license; null where the source does not say.</summary>
    public string? License { get; init; }

    /// <summary>
    /// The languages that an encoder was trained on, by their ISO 639 codes; null where the source does not say.
    /// </summary>
    public IReadOnlyList<string>? Languages { get; init; }

    /// <summary>The facts that were found when the model was installed; null for an unproved one.</summary>
    public ModelReport? Report { get; init; }

    /// <summary>Whether this model is used for its purpose unless another one is configured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Default { get; init; }

    /// <summary>
    /// A file that is shipped with the program and put beside the model's own, such as a trained adapter: its path from
    /// the catalog's folder; null where there is none. It may be replaced later, and is not among <see cref="Files"/>.
    /// </summary>
    public string? Adapter { get; init; }

    /// <summary>The purpose of turning text into hidden states for search.</summary>
    public const string Encoder = "encoder";

    /// <summary>The purpose of answering instructions.</summary>
    public const string Chat = "chat";

    /// <summary>The purpose of continuing a text.</summary>
    public const string Completion = "completion";

    /// <summary>The purpose of summarizing.</summary>
    public const string EncoderDecoder = "encoder-decoder";

    /// <summary>The purpose of predicting the bits of any file.</summary>
    public const string Bits = "bits";

    /// <summary>The bytes of all files together.</summary>
    [JsonIgnore]
    public long Size => Files.Sum(file => file.Size);

    /// <summary>Whether an installed model has this entry's files, as far as their SHA-256 are known.</summary>
    internal bool HasSameContentAs(ModelEntry installed) =>
        Files.All(file =>
            installed.Files.Any(other =>
                other.Name == file.Name && other.Size == file.Size && (file.Sha256 ?? other.Sha256) == other.Sha256
            )
        );
}

/// <summary>One file of a model, with what is known to verify it.</summary>
/// <param name="Name">The path in the installed folder, with <c>/</c> as separator.</param>
/// <param name="Size">The length in bytes.</param>
public sealed record ModelFile(string Name, long Size)
{
    /// <summary>The path at the source; null where it is the same as <see cref="Name"/>.</summary>
    public string? From { get; init; }

    /// <summary>
    /// The parts, in this order, of a file that is not whole at the source; otherwise null.
    /// </summary>
    public IReadOnlyList<FilePart>? Parts { get; init; }

    /// <summary>The SHA-256 of its content, in lower-case hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// The Git object id of its content (SHA-1 of <c>blob SIZE\0</c> and the content): what a hub repository gives
    /// for small files, instead of a SHA-256.
    /// </summary>
    public string? GitBlob { get; init; }

    /// <summary>The path at the source.</summary>
    [JsonIgnore]
    public string SourcePath => From ?? Name;
}

/// <summary>A part of a model's file: a file of a package, whole or a range of its bytes.</summary>
/// <param name="From">The path in the package.</param>
/// <param name="Size">The length of the part in bytes.</param>
public sealed record FilePart(string From, long Size)
{
    /// <summary>The package, as <c>npm:NAME@VERSION</c>; null where it is the entry's own source.</summary>
    public string? Source { get; init; }

    /// <summary>Where in the file the part begins; null where the part is the whole file.</summary>
    public long? Offset { get; init; }
}
