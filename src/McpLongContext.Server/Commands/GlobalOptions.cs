using System.CommandLine;

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

    public Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Home);
        root.Options.Add(AllowRoot);
        root.Options.Add(Json);
    }
}
