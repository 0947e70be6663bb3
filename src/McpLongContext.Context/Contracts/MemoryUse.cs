using System.Text.Json.Serialization;

namespace McpLongContext.Context.Contracts;

/// <summary>The decoder memory that a model had when it wrote, and the places it attended to.</summary>
public sealed record MemoryUse
{
    /// <summary>The memory kind.</summary>
    public required MemoryKind Kind { get; init; }

    /// <summary>The term for a memory of this kind: token memory, compressive memory.</summary>
    [JsonIgnore]
    public string Title { get; init; } = "memory";

    /// <summary>The tokens that it could attend to.</summary>
    public required long Tokens { get; init; }

    /// <summary>Documents that are not, or not wholly, in the decoder memory yet.</summary>
    public required int PendingDocuments { get; init; }

    /// <summary>The job that builds what is missing; <see langword="null"/> when there is none.</summary>
    public string? Job { get; init; }

    /// <summary>The spans that it read, most attended first.</summary>
    public IReadOnlyList<AttendedLines> Spans { get; init; } = [];

    /// <summary>The share of attention that stayed with the question and what was written, 0 to 1.</summary>
    public double LocalShare { get; init; }

    /// <summary>
    /// How it read: a name of <see cref="UnlimiformerOptions.Mode"/>, or window where nothing is retrieved.
    /// </summary>
    public string? Mode { get; init; }

    /// <summary>Whether all of the decoder memory stood in the window, as if it had been the prompt.</summary>
    public bool Whole { get; init; }

    /// <summary>Bytes of the keys and values that are searched, which are the index: the search is exact.</summary>
    public long IndexBytes { get; init; }

    /// <summary>
    /// Bytes on disk of the datastore, all files together; 0 where the decoder memory is of this call alone.
    /// </summary>
    public long DatastoreBytes { get; init; }

    /// <summary>Seconds that it took to search the token memory.</summary>
    public double SearchSeconds { get; init; }

    /// <summary>The share of the whole time that searching took, 0 to 1.</summary>
    public double SearchShare { get; init; }

    /// <summary>Seconds that each layer searched by itself, from the first one on; empty where none did.</summary>
    public IReadOnlyList<double> LayerSearchSeconds { get; init; } = [];

    /// <summary>A further note, a sentence; <see langword="null"/> when there is nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>Lines that a model read from its decoder memory.</summary>
/// <param name="Citation">Where they stand: <c>path:start-end</c>, lines 1-based and inclusive.</param>
/// <param name="Tokens">The number of tokens in the lines.</param>
/// <param name="Share">The share of its attention that they had, 0 to 1.</param>
public sealed record AttendedLines(string Citation, int Tokens, double Share);

/// <summary>How far the decoder memory of a datastore is built.</summary>
/// <param name="Model">The model whose decoder memory it is.</param>
/// <param name="Tokens">Tokens in the decoder memory.</param>
/// <param name="TotalTokens">Tokens of all documents.</param>
public sealed record MemoryProgress(string Model, long Tokens, long TotalTokens);
