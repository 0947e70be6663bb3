using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Settings;

/// <summary>The settings in force, and what became of a change.</summary>
/// <param name="Unlimiformer">The settings of Unlimiformer in force.</param>
/// <param name="Datastores">The names of all datastores.</param>
/// <param name="Models">The names of the installed models.</param>
public sealed record SettingsModel(
    UnlimiformerOptions Unlimiformer,
    IReadOnlyList<string> Datastores,
    IReadOnlyList<string> Models
)
{
    /// <summary>The values that were refused, by key; <see langword="null"/> where none were.</summary>
    public IReadOnlyDictionary<string, string>? Refused { get; init; }

    /// <summary>Why a change was refused; empty when none was.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>The outcome of a change; empty when there was none.</summary>
    public string Done { get; init; } = "";

    /// <summary>The outcome of a change of a model's window.</summary>
    public PositionReport? Positions { get; init; }

    /// <summary>The value of a setting that the page shows.</summary>
    public string ValueOf(Setting setting) => Refused?.GetValueOrDefault(setting.Key) ?? setting.Read(Unlimiformer);
}
