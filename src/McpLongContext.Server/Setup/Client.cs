using System.Text.Json.Nodes;

namespace McpLongContext.Server.Setup;

/// <summary>A client of the protocol: the file in which it registers servers, and how.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Title">The name of the program.</param>
/// <param name="File">The file; one of the project is relative.</param>
/// <param name="Section">The member of the file that has the servers.</param>
/// <param name="WorkingDirectory">
/// The client's word for the folder of the project, where it does not start servers in it; empty where the folder of
/// this moment is registered.
/// </param>
internal sealed record Client(string Name, string Title, string File, string Section, string? WorkingDirectory = null)
{
    /// <summary>The clients that are known.</summary>
    public static IReadOnlyList<Client> Known { get; } =
    [
        new("claude", "Claude Code", ".mcp.json", "mcpServers"),
        new("vscode", "VS Code", Path.Combine(".vscode", "mcp.json"), "servers", "${workspaceFolder}"),
        new("cursor", "Cursor", Path.Combine(".cursor", "mcp.json"), "mcpServers", "${workspaceFolder}"),
        new("gemini", "Gemini CLI", Path.Combine(".gemini", "settings.json"), "mcpServers"),
        new("claude-desktop", "Claude Desktop", ClaudeDesktop(), "mcpServers", ""),
        new("windsurf", "Windsurf", InHome(".codeium", "windsurf", "mcp_config.json"), "mcpServers", ""),
    ];

    /// <summary>The entry of a server.</summary>
    /// <param name="command">How it is started.</param>
    /// <param name="folder">The folder of the project.</param>
    public JsonObject EntryOf(ServerCommand command, string folder)
    {
        IEnumerable<string> root = WorkingDirectory switch
        {
            null => [],
            "" => ["--allow-root", folder],
            var word => ["--allow-root", word],
        };
        return new JsonObject
        {
            ["type"] = "stdio",
            ["command"] = command.Command,
            ["args"] = new JsonArray([
                .. command.Arguments.Concat(root).Select(argument => JsonValue.Create(argument)),
            ]),
        };
    }

    private static string ClaudeDesktop()
    {
        const string Configuration = "claude_desktop_config.json";
        return OperatingSystem.IsMacOS()
            ? InHome("Library", "Application Support", "Claude", Configuration)
            : Path.Combine(
                Environment.GetFolderPath(
                    Environment.SpecialFolder.ApplicationData,
                    Environment.SpecialFolderOption.DoNotVerify
                ),
                "Claude",
                Configuration
            );
    }

    private static string InHome(params string[] parts) =>
        Path.Combine([
            Environment.GetFolderPath(
                Environment.SpecialFolder.UserProfile,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            .. parts,
        ]);
}
