using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Configuration;

/// <summary>
/// The section Unlimiformer: from the file, overridden by the environment
/// (<c>MCP_LONG_CONTEXT_UNLIMIFORMER__LAYER_BEGIN</c>), overridden by the command line
/// (<c>--unlimiformer layer_begin=8</c>).
/// </summary>
internal static class UnlimiformerSettings
{
    private const string Section = "Unlimiformer";

    private static readonly string[] s_keys =
    [
        "enabled",
        "mode",
        "layer_begin",
        "context_window_size",
        "knn",
        "use_datastore",
        "gpu_datastore",
        "gpu_index",
        "datastore_device",
        "index_devices",
        "eval_max_source_length",
    ];

    /// <summary>Validates the section.</summary>
    /// <param name="configuration">File and environment.</param>
    /// <param name="commandLine">Settings <c>KEY=VALUE</c> of the command line.</param>
    /// <exception cref="ContextException">A key is unknown, or a value is none of its kind.</exception>
    public static UnlimiformerOptions Read(IConfiguration configuration, IEnumerable<string> commandLine)
    {
        var section = new ConfigurationBuilder()
            .AddConfiguration(configuration.GetSection(Section))
            .AddInMemoryCollection(commandLine.Select(Parse))
            .Build();
        foreach (var child in section.GetChildren())
        {
            RequireKnown(child.Key);
        }

        var defaults = new UnlimiformerOptions();
        var options = new UnlimiformerOptions
        {
            Enabled = Switch(section, "enabled", defaults.Enabled),
            Mode = Text(section, "mode") ?? defaults.Mode,
            LayerBegin = Number(section, "layer_begin", least: 0),
            ContextWindowSize = Number(section, "context_window_size", least: 1),
            Knn = Switch(section, "knn", defaults.Knn),
            UseDatastore = Switch(section, "use_datastore", defaults.UseDatastore),
            GpuDatastore = Switch(section, "gpu_datastore", defaults.GpuDatastore),
            GpuIndex = Switch(section, "gpu_index", defaults.GpuIndex),
            DatastoreDevice = Text(section, "datastore_device") ?? defaults.DatastoreDevice,
            IndexDevices = Devices(section, defaults.IndexDevices),
            EvalMaxSourceLength = Number(section, "eval_max_source_length", least: 1) ?? defaults.EvalMaxSourceLength,
        };
        // Says now that there is no such mode, not with the first call.
        _ = options.ReadingMode;
        return options;
    }

    private static KeyValuePair<string, string?> Parse(string setting)
    {
        var at = setting.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
        {
            throw new ContextException($"--unlimiformer: '{setting}' found, expected KEY=VALUE.");
        }

        RequireKnown(setting[..at]);
        return new KeyValuePair<string, string?>(setting[..at], setting[(at + 1)..]);
    }

    private static void RequireKnown(string key)
    {
        if (!s_keys.Contains(key, StringComparer.OrdinalIgnoreCase))
        {
            throw new ContextException($"{Section}: there is no setting '{key}'; use {string.Join(", ", s_keys)}.");
        }
    }

    private static string? Text(IConfiguration section, string key) =>
        string.IsNullOrWhiteSpace(section[key]) ? null : section[key]!.Trim();

    private static bool Switch(IConfiguration section, string key, bool otherwise) =>
        Text(section, key) switch
        {
            null => otherwise,
            { } text when bool.TryParse(text, out var value) => value,
            { } text => throw new ContextException($"{Section}:{key}: '{text}' found, expected true or false."),
        };

    private static int? Number(IConfiguration section, string key, int least) =>
        Text(section, key) switch
        {
            null => null,
            { } text when int.TryParse(text, out var value) && value >= least => value,
            { } text => throw new ContextException(
                $"{Section}:{key}: '{text}' found, expected a whole number from {least} on, or nothing."
            ),
        };

    /// <summary>A list in the file, or names with commas between them.</summary>
    private static IReadOnlyList<string> Devices(IConfiguration section, IReadOnlyList<string> otherwise)
    {
        const string Key = "index_devices";
        var names = Text(section, Key) is { } text
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            :
            [
                .. section
                    .GetSection(Key)
                    .GetChildren()
                    .Select(child => child.Value?.Trim() ?? "")
                    .Where(one => one != ""),
            ];
        return names.Length > 0 ? names : otherwise;
    }
}
