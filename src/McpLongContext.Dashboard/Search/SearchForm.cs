using McpLongContext.Context.Contracts;
using Microsoft.AspNetCore.Mvc;

namespace McpLongContext.Dashboard.Search;

/// <summary>A question and the settings that it is asked by, as the address of the page has them.</summary>
public sealed record SearchForm
{
    /// <summary>Tokens of evidence, unless others are asked for.</summary>
    public const int UsualTokens = 2000;

    /// <summary>The question.</summary>
    [FromQuery(Name = "q")]
    public string? Query { get; init; }

    /// <summary>The datastore.</summary>
    [FromQuery(Name = "datastore")]
    public string? Datastore { get; init; }

    /// <summary>Whether the question is asked by a second setting, too.</summary>
    [FromQuery(Name = "compare")]
    public bool? Compare { get; init; }

    /// <summary>The signal that ranks.</summary>
    [FromQuery(Name = "signal")]
    public RankingSignal? Signal { get; init; }

    /// <summary>A pattern of paths.</summary>
    [FromQuery(Name = "path")]
    public string? Path { get; init; }

    /// <summary>The budget of the evidence in tokens.</summary>
    [FromQuery(Name = "tokens")]
    public int? Tokens { get; init; }

    /// <summary>The signal of the second setting.</summary>
    [FromQuery(Name = "signal2")]
    public RankingSignal? OtherSignal { get; init; }

    /// <summary>The pattern of paths of the second setting.</summary>
    [FromQuery(Name = "path2")]
    public string? OtherPath { get; init; }

    /// <summary>The budget of the second setting in tokens.</summary>
    [FromQuery(Name = "tokens2")]
    public int? OtherTokens { get; init; }

    /// <summary>The first setting.</summary>
    public SearchSetting First => new(Signal ?? RankingSignal.Fused, Path ?? "", Tokens ?? UsualTokens);

    /// <summary>The second setting.</summary>
    public SearchSetting Second =>
        new(OtherSignal ?? RankingSignal.Lexical, OtherPath ?? "", OtherTokens ?? UsualTokens);
}

/// <summary>A setting that a question is asked by.</summary>
/// <param name="Signal">The signal that ranks.</param>
/// <param name="Path">A pattern of paths; empty for all documents.</param>
/// <param name="Tokens">The budget of the evidence.</param>
public sealed record SearchSetting(RankingSignal Signal, string Path, int Tokens)
{
    /// <summary>The signals with their names.</summary>
    public static IReadOnlyList<(RankingSignal Signal, string Name)> Signals { get; } =
    [
        (RankingSignal.Fused, "All signals fused"),
        (RankingSignal.Lexical, "Lexical (BM25)"),
        (RankingSignal.PassageEmbedding, "Passage embeddings"),
        (RankingSignal.TokenEmbedding, "Token embeddings (late interaction)"),
    ];

    /// <summary>The setting in words.</summary>
    public string Name =>
        $"{Signals.First(one => one.Signal == Signal).Name}{(Path == "" ? "" : $", {Path}")}, {Tokens} tokens";
}
