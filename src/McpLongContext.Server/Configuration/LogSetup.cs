using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace McpLongContext.Server.Configuration;

/// <summary>
/// The log: standard error, because standard output belongs to the protocol, and a rolling file under the data folder
/// where that can be written.
/// </summary>
internal static class LogSetup
{
    private const long LargestFile = 10 << 20;
    private const int KeptFiles = 7;
    private const string Default = "Serilog:MinimumLevel:Default";
    private const string Overrides = "Serilog:MinimumLevel:Override";

    /// <summary>Writes the log to standard error and to files in the data folder.</summary>
    /// <param name="services">The services of a host, or of a command.</param>
    /// <param name="configuration">The configuration, whose section Serilog:MinimumLevel sets the levels.</param>
    /// <param name="home">The data folder.</param>
    /// <param name="standardErrorFrom">The least level that goes to standard error.</param>
    /// <exception cref="ContextException">A level is none.</exception>
    public static IServiceCollection AddLog(
        this IServiceCollection services,
        IConfiguration configuration,
        string home,
        LogEventLevel standardErrorFrom
    )
    {
        var setup = new LoggerConfiguration()
            .MinimumLevel.Is(LevelOf(configuration, Default) ?? LogEventLevel.Information)
            // The SDK logs every request that is refused as an unhandled exception; ContextServer warns of it instead.
            .Filter.ByExcluding(one => one.Exception is McpProtocolException)
            .WriteTo.Sink(new BackgroundSink(StandardError()), standardErrorFrom);
        foreach (var source in configuration.GetSection(Overrides).GetChildren())
        {
            setup.MinimumLevel.Override(source.Key, LevelOf(configuration, source.Path) ?? LogEventLevel.Information);
        }

        var unwritable = AddFile(setup, Path.Combine(home, "logs"));
        var logger = setup.CreateLogger();
        if (unwritable is not null)
        {
            logger.Warning("No log file: {Reason}", unwritable);
        }

        return services
            .AddSingleton<ILoggerFactory>(_ => new SerilogLoggerFactory(logger, dispose: true))
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>));
    }

    /// <summary>Says what the settings ask for and is done in another way.</summary>
    /// <param name="logging">The log.</param>
    /// <param name="options">The settings.</param>
    public static void Warn(ILoggerFactory logging, LongContextOptions options)
    {
        var logger = logging.CreateLogger(typeof(LogSetup));
        foreach (var warning in options.Unlimiformer.Warnings)
        {
            logger.LogWarning("{Warning}", warning);
        }
    }

    private static LogEventLevel? LevelOf(IConfiguration configuration, string key) =>
        configuration[key] switch
        {
            null or "" => null,
            { } text when Enum.TryParse<LogEventLevel>(text, ignoreCase: true, out var level) => level,
            { } text => throw new ContextException(
                $"{key}: expected one of {string.Join(", ", Enum.GetNames<LogEventLevel>())}, found '{text}'."
            ),
        };

    private static Logger StandardError() =>
        new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.Console(
                outputTemplate: "[{Timestamp:HH:mm:ss} {Level:u3}] {Message:lj}{NewLine}{Exception}",
                standardErrorFromLevel: LevelAlias.Minimum
            )
            .CreateLogger();

    private static string? AddFile(LoggerConfiguration setup, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }

        setup.WriteTo.File(
            Path.Combine(folder, "mcp-long-context-.log"),
            rollingInterval: RollingInterval.Day,
            rollOnFileSizeLimit: true,
            fileSizeLimitBytes: LargestFile,
            retainedFileCountLimit: KeptFiles,
            shared: true
        );
        return null;
    }
}
