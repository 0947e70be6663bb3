using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Commands;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Home { get; } =
        new("--home")
        {
            Description = "The folder of datastores, models and logs (default: $MCP_LONG_CONTEXT_HOME).",
            HelpName = "DIR",
            Recursive = true,
        };

    public Option<string[]> AllowRoot { get; } =
        new("--allow-root")
        {
            Description =
                "A further folder beneath which files may be read; repeatable (default: the working directory).",
            HelpName = "DIR",
            Recursive = true,
            DefaultValueFactory = _ => [],
        };

    public Option<string[]> Unlimiformer { get; } =
        new("--unlimiformer")
        {
            Description = "A setting of the section Unlimiformer for this process; repeatable.",
            HelpName = "KEY=VALUE",
            Recursive = true,
            DefaultValueFactory = _ => [],
        };

    public Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    /// <summary>The settings of the process, with what the command line says on top.</summary>
    /// <exception cref="ContextException">A setting is none.</exception>
    public LongContextOptions Validate(IConfiguration configuration, ParseResult parsed) =>
        Settings.Validate(
            configuration,
            parsed.GetValue(Home),
            parsed.GetValue(AllowRoot)!,
            parsed.GetValue(Unlimiformer)!
        );

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Home);
        root.Options.Add(AllowRoot);
        root.Options.Add(Unlimiformer);
        root.Options.Add(Json);
    }
}
