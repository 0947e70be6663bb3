using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Settings;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Configuration;

/// <summary>
/// The settings that were saved in the dashboard, <c>settings.json</c> in the data folder: they override the file beside
/// the executable and the environment, and are overridden by the command line.
/// </summary>
/// <param name="home">The data folder.</param>
/// <param name="configuration">File and environment.</param>
/// <param name="current">The settings in force.</param>
internal sealed class SavedSettings(string home, IConfiguration configuration, CurrentUnlimiformer current)
    : ISettingsStore
{
    private const string FileName = "settings.json";
    private const string Section = "Unlimiformer";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly Lock _gate = new();

    private string File => Path.Combine(home, FileName);

    /// <summary>Adds the saved settings to others, which they override.</summary>
    /// <exception cref="ContextException">The file is not readable as JSON.</exception>
    public static IConfiguration Over(IConfiguration configuration, string home)
    {
        var file = Path.Combine(home, FileName);
        try
        {
            return new ConfigurationBuilder().AddConfiguration(configuration).AddJsonFile(file, optional: true).Build();
        }
        catch (InvalidDataException error)
        {
            throw new ContextException(
                $"{file}: {error.InnerException?.Message ?? error.Message} Correct the file, or delete it.",
                error
            );
        }
    }

    /// <inheritdoc/>
    public UnlimiformerOptions Unlimiformer => current.Options;

    /// <inheritdoc/>
    public void Save(IReadOnlyDictionary<string, string> values)
    {
        var saved = values.Select(value => KeyValuePair.Create($"{Section}:{value.Key}", (string?)value.Value));
        var settings = new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(saved).Build();
        lock (_gate)
        {
            var options = UnlimiformerSettings.Read(settings, []);
            Directory.CreateDirectory(home);
            var staged = $"{File}.new";
            System.IO.File.WriteAllText(
                staged,
                JsonSerializer.Serialize(
                    new Dictionary<string, IReadOnlyDictionary<string, string>> { [Section] = values },
                    s_json
                )
            );
            System.IO.File.Move(staged, File, overwrite: true);
            current.Options = options;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_gate)
        {
            System.IO.File.Delete(File);
            current.Options = UnlimiformerSettings.Read(configuration, []);
        }
    }
}
