using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Settings;

/// <summary>Keeps the settings that are saved in the dashboard.</summary>
public interface ISettingsStore
{
    /// <summary>The settings of Unlimiformer in force.</summary>
    public UnlimiformerOptions Unlimiformer { get; }

    /// <summary>Saves settings of Unlimiformer; they hold from the next call on, and for later processes.</summary>
    /// <param name="values">The values by key, as the configuration writes them; an empty one means the default.</param>
    /// <exception cref="ContextException">A value is none of its kind; nothing is saved.</exception>
    public void Save(IReadOnlyDictionary<string, string> values);

    /// <summary>Forgets what was saved.</summary>
    public void Reset();
}
