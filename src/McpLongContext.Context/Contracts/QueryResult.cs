using System.Text.Json.Serialization;

namespace McpLongContext.Context.Contracts;

/// <summary>A question to a datastore.</summary>
public sealed record QueryRequest
{
    /// <summary>The question, in words; identifiers and "quoted phrases" in it always rank.</summary>
    public required string Question { get; init; }

    /// <summary>The datastore to ask.</summary>
    public string Datastore { get; init; } = "default";

    /// <summary>The budget of the returned text, in tokens of the vocabulary o200k.</summary>
    public int MaxTokens { get; init; } = 4000;

    /// <summary>The largest number of passages on a page; <see langword="null"/> lets the budget decide.</summary>
    public int? TopK { get; init; }

    /// <summary>Restricts the search to documents whose path matches, for example <c>src/**/*.cs</c>.</summary>
    public string? PathGlob { get; init; }

    /// <summary>The memory kind that a local model reads for its answer.</summary>
    public MemoryKind Memory { get; init; }

    /// <summary>Continues after the page that returned it.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A piece of evidence.</summary>
public sealed record Evidence
{
    /// <summary>
    /// The citation: <c>path:start-end</c>, lines 1-based and inclusive; <c>path:line:start-end</c> with columns where
    /// the evidence is a part of one long line; of a
    /// format without lines the place in the file: <c>path#page=12</c>.
    /// </summary>
    public required string Citation { get; init; }

    /// <summary>The document's path: relative to the working directory when beneath it, absolute otherwise.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The page, cell, slide, range of cells, or time and speaker; empty for plain text. The lines are then those of
    /// the text that was read from the file.
    /// </summary>
    public string Location { get; init; } = "";

    /// <summary>First line, 1-based.</summary>
    public required int StartLine { get; init; }

    /// <summary>Last line, inclusive.</summary>
    public required int EndLine { get; init; }

    /// <summary>
    /// First column in the line, 1-based, in characters, where the evidence is a part of one long line.
    /// </summary>
    public int? StartColumn { get; init; }

    /// <summary>Last column, inclusive.</summary>
    public int? EndColumn { get; init; }

    /// <summary>Relevance; higher is better, comparable within one query only.</summary>
    public required double Score { get; init; }

    /// <summary>The heading, enclosing declaration or session that the passage stands under; may be empty.</summary>
    public string Context { get; init; } = "";

    /// <summary>
    /// The definitions that begin in these lines: <c>class Session</c>, <c>Session.send()</c>; types and functions
    /// first.
    /// </summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>The lines, as stored.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// The sentences or lines of the text that align best with the question, in their order: what to read first.
    /// </summary>
    public IReadOnlyList<Highlight> Highlights { get; init; } = [];

    /// <summary>Citations of other places with the same text; the first ones where there are many.</summary>
    public IReadOnlyList<string> AlsoAt { get; init; } = [];

    /// <summary>The number of other places with the same text that were found.</summary>
    public int AlsoAtCount { get; init; }
}

/// <summary>Ranked evidence for a question.</summary>
public sealed record QueryResult
{
    /// <summary>The datastore that was asked.</summary>
    public required string Datastore { get; init; }

    /// <summary>Evidence, best first.</summary>
    [JsonPropertyName("passages")]
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>
    /// The passages that the evidence consists of, each by itself, best first: neighbors are one piece of it.
    /// </summary>
    internal IReadOnlyList<Evidence> Ranked
    {
        get => field ?? Evidence;
        init;
    }

    /// <summary>Fetches the next page when passed back; <see langword="null"/> on the last one.</summary>
    public string? NextCursor { get; init; }

    /// <summary>Tokens of the returned text, counted as those of <see cref="QueryRequest.MaxTokens"/>.</summary>
    public int Tokens { get; init; }

    /// <summary>Passages that were searched.</summary>
    public int SearchedPassages { get; init; }

    /// <summary>Milliseconds that the search took.</summary>
    public double ElapsedMilliseconds { get; init; }

    /// <summary>Notes for the user, a sentence each: documents not yet encoded, no encoder, nothing found.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>
    /// How the answer relates to the files on disk; <see langword="null"/> where nothing was ingested from files, or an
    /// ingest is reading them.
    /// </summary>
    public FreshnessReport? Freshness { get; init; }

    /// <summary>
    /// The answer of a local model, or why there is none; <see langword="null"/> when none was wanted.
    /// </summary>
    public LocalAnswer? Answer { get; init; }
}
