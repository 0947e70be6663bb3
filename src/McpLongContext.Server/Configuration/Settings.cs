using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Configuration;

/// <summary>
/// The process's settings: <c>config/appsettings.json</c> beside the executable, overridden by environment variables
/// (<c>MCP_LONG_CONTEXT_HOME</c> and so on), overridden by the command line.
/// </summary>
internal static class Settings
{
    private const string EnvironmentPrefix = "MCP_LONG_CONTEXT_";

    /// <summary>Reads file and environment.</summary>
    /// <exception cref="ContextException">The file is not readable as JSON.</exception>
    public static IConfigurationRoot Load()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "config", "appsettings.json");
        try
        {
            return new ConfigurationBuilder()
                .AddJsonFile(file, optional: true)
                .AddEnvironmentVariables(EnvironmentPrefix)
                .Build();
        }
        catch (InvalidDataException error)
        {
            throw new ContextException($"{file}: {error.InnerException?.Message ?? error.Message}", error);
        }
    }

    /// <summary>Validates the settings once, with what the command line says on top.</summary>
    /// <param name="configuration">File and environment.</param>
    /// <param name="home">The data folder of the command line.</param>
    /// <param name="allowedRoots">Allowed roots of the command line, beside those of the configuration.</param>
    /// <param name="unlimiformer">Settings <c>KEY=VALUE</c> of the command line for the section Unlimiformer.</param>
    public static LongContextOptions Validate(
        IConfiguration configuration,
        string? home,
        IEnumerable<string> allowedRoots,
        IEnumerable<string> unlimiformer
    )
    {
        var workingDirectory = Directory.GetCurrentDirectory();
        string[] configured =
        [
            .. configuration
                .GetSection("allowed_roots")
                .GetChildren()
                .Select(root => root.Value ?? "")
                .Where(root => root.Length > 0),
        ];
        var folder = Path.GetFullPath(NotEmpty(home) ?? NotEmpty(configuration["home"]) ?? DefaultHome());
        return new LongContextOptions
        {
            Home = folder,
            WorkingDirectory = workingDirectory,
            AllowedRoots =
            [
                .. configured
                    .Concat(allowedRoots)
                    .Prepend(workingDirectory)
                    .Select(RootOf)
                    .Distinct(StringComparer.Ordinal),
            ],
            Watch = ParseSwitch(configuration, "watch", otherwise: false),
            History = ParseSwitch(configuration, "history", otherwise: true),
            InstallDefaultEncoder = ParseSwitch(configuration, "install_default_encoder", otherwise: true),
            Encoder = NotEmpty(configuration["encoder"]),
            EncoderPrecision = ParsePrecision(configuration, "encoder_precision"),
            DecoderPrecision = ParsePrecision(configuration, "decoder_precision"),
            Unlimiformer = UnlimiformerSettings.Read(SavedSettings.Over(configuration, folder), unlimiformer),
        };
    }

    private static string RootOf(string root) =>
        NotEmpty(root) is { } path
            ? Path.GetFullPath(path)
            : throw new ContextException("--allow-root: empty; name an existing directory.");

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    // A process without a data folder of its own (a container's unknown user) keeps its data where it may; the log says
    // where that is.
    private static string DefaultHome()
    {
        try
        {
            return LongContextHome.Path;
        }
        catch (InvalidOperationException)
        {
            return Path.Combine(Path.GetTempPath(), "mcp-long-context");
        }
    }

    private static Precision ParsePrecision(IConfiguration configuration, string key) =>
        NotEmpty(configuration[key])?.ToLowerInvariant() switch
        {
            null or "int8" => Precision.Int8,
            "fp32" => Precision.Float32,
            { } text => throw new ContextException($"{key}: '{text}' in the configuration is neither int8 nor fp32."),
        };

    private static bool ParseSwitch(IConfiguration configuration, string key, bool otherwise) =>
        NotEmpty(configuration[key]) switch
        {
            null => otherwise,
            { } text when bool.TryParse(text, out var value) => value,
            { } text => throw new ContextException($"{key}: '{text}' in the configuration is neither true nor false."),
        };
}
