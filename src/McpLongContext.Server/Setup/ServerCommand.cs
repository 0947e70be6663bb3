namespace McpLongContext.Server.Setup;

/// <summary>The command by which clients start this server.</summary>
/// <param name="Command">The executable.</param>
/// <param name="Arguments">The arguments.</param>
internal sealed record ServerCommand(string Command, IReadOnlyList<string> Arguments)
{
    private const string Tool = "mcp-long-context";

    /// <summary>The command that starts what this process runs.</summary>
    /// <param name="process">The executable of the process.</param>
    /// <param name="folder">The folder of its assemblies.</param>
    public static ServerCommand Of(string? process, string folder)
    {
        var parts = folder.Split(['/', '\\']);
        if (
            parts is [.., var package, _, "tools", _, _]
            && package.StartsWith("mcplongcontext", StringComparison.OrdinalIgnoreCase)
        )
        {
            // A tool's assemblies move with every update; the name of the tool stays.
            return parts.Contains(".store", StringComparer.OrdinalIgnoreCase)
                ? new(Tool, [])
                : new("dnx", ["McpLongContext", "--yes"]);
        }

        return process is null || Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? new("dotnet", [Path.Combine(folder, Tool + ".dll")])
            : new(process, []);
    }
}
