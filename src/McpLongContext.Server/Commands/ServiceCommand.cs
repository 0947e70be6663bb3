using System.CommandLine;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Server.Configuration;
using McpLongContext.Server.Hosting;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog.Events;

namespace McpLongContext.Server.Commands;

/// <summary>
/// A command that asks the service for something and writes the result: as text, or as JSON with <c>--json</c>, to
/// standard output; what the user should know besides goes to standard error.
/// </summary>
internal abstract class ServiceCommand : Command
{
    private readonly GlobalOptions _global;

    protected ServiceCommand(string name, string description, GlobalOptions global)
        : base(name, description)
    {
        _global = global;
        SetAction(RunGuardedAsync);
    }

    /// <summary>Does the command's work.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ContextException">
    /// The command cannot be done as asked; the message goes to the user.
    /// </exception>
    protected abstract Task<int> RunAsync(Call call, CancellationToken cancellation);

    /// <summary>Adapts the options to the arguments: what a person names on the command line may be read.</summary>
    protected virtual LongContextOptions Adapt(LongContextOptions options, ParseResult parsed) => options;

    private async Task<int> RunGuardedAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            var configuration = Settings.Load();
            var options = Adapt(_global.Validate(configuration, parsed), parsed);
            await using var services = new ServiceCollection()
                .AddSingleton(TimeProvider.System)
                .AddLog(configuration, options.Home, LogEventLevel.Warning)
                .AddLongContext(options)
                .BuildServiceProvider();
            LogSetup.Warn(services.GetRequiredService<ILoggerFactory>(), options);
            // A root that is none is said now, whatever the command.
            services.GetRequiredService<AllowedRoots>();
            // Jobs use the services, and end before them.
            await using var jobs = services.GetRequiredService<JobRegistry>();
            return await RunAsync(new Call(parsed, services, parsed.GetValue(_global.Json)), cancellation);
        }
        catch (Exception problem) when (UserError.Is(problem))
        {
            await error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Cancelled; what was stored before is kept.");
            return CommandLine.Interrupted;
        }
#pragma warning disable CA1031 // A person gets a sentence; the trace below it is for the report of the defect.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"{Name} failed inside ({defect.GetType().Name}: {defect.Message}).");
            await error.WriteLineAsync("This is a defect; what was stored before is kept. Please report what follows.");
            await error.WriteLineAsync(defect.ToString());
            return CommandLine.Failed;
        }
    }

    /// <summary>One run of a command.</summary>
    /// <param name="Parsed">The arguments.</param>
    /// <param name="Services">The services that commands call.</param>
    /// <param name="Json">Whether the result is written as JSON.</param>
    protected sealed record Call(ParseResult Parsed, IServiceProvider Services, bool Json)
    {
        public T Get<T>()
            where T : notnull => Services.GetRequiredService<T>();

        /// <summary>Writes the result in the form asked for.</summary>
        public async Task WriteAsync<T>(T result, Func<T, string> text)
        {
            var form = Json ? VisibleText.Json(JsonSerializer.Serialize(result, ContextJson.Indented)) : text(result);
            if (form.Length > 0)
            {
                await Parsed.InvocationConfiguration.Output.WriteLineAsync(form);
            }
        }

        /// <summary>Tells the user something that is not the result.</summary>
        public Task TellAsync(string text) =>
            Parsed.InvocationConfiguration.Error.WriteLineAsync(VisibleText.Lines(text));
    }
}
