using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Setup;

namespace McpLongContext.Server.Tests.Setup;

public sealed class RegistrationTests : IDisposable
{
    private static readonly ServerCommand s_command = new("dotnet", ["/opt/mcp-long-context.dll"]);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Clients => [.. Client.Known.Select(client => client.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Clients))]
    public void A_client_without_a_file_gets_one(string name)
    {
        var client = Client.Known.Single(client => client.Name == name);
        var file = _folder.PathOf("folder/file.json");
        var entry = client.EntryOf(s_command, "/project");

        Assert.Null(Registration.Write(client, file, entry));

        Assert.True(
            JsonNode.DeepEquals(entry, JsonNode.Parse(File.ReadAllText(file))![client.Section]!["long-context"])
        );
        Assert.Equal(Registration.Render(client, entry) + "\n", File.ReadAllText(file));
    }

    [Fact]
    public void Other_servers_and_settings_stay_and_the_file_as_it_was_is_kept()
    {
        const string Before = """
            {
              // mine
              "theme": "dark",
              "mcpServers": { "other": { "command": "other" }, "long-context": { "command": "old" }, },
            }
            """;
        var client = Client.Known[0];
        var file = _folder.PathOf(".mcp.json");
        File.WriteAllText(file, Before);
        var entry = client.EntryOf(s_command, "/project");

        var backup = Registration.Write(client, file, entry);

        Assert.Equal(Before, File.ReadAllText(backup!));
        var after = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Equal("dark", (string?)after["theme"]);
        Assert.Equal("other", (string?)after["mcpServers"]!["other"]!["command"]);
        Assert.True(JsonNode.DeepEquals(entry, after["mcpServers"]!["long-context"]));
    }

    [Fact]
    public void A_second_time_changes_nothing()
    {
        var client = Client.Known[0];
        var file = _folder.PathOf(".mcp.json");
        Registration.Write(client, file, client.EntryOf(s_command, "/project"));
        var text = File.ReadAllText(file);

        Assert.Null(Registration.Write(client, file, client.EntryOf(s_command, "/project")));

        Assert.Equal(text, File.ReadAllText(file));
        Assert.Single(Directory.GetFiles(_folder.PathOf("."), ".mcp.json*"));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("""{ "mcpServers": [] }""")]
    public void A_file_that_cannot_be_read_is_left_alone(string text)
    {
        var client = Client.Known[0];
        var file = _folder.PathOf(".mcp.json");
        File.WriteAllText(file, text);

        var error = Assert.Throws<ContextException>(() =>
            Registration.Write(client, file, client.EntryOf(s_command, "/project"))
        );

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Theory]
    [InlineData("/usr/bin/dotnet", "/src/bin", "dotnet", "/src/bin/mcp-long-context.dll")]
    [InlineData(
        "/usr/bin/dotnet",
        "/a/McpLongContext/src/McpLongContext.Server/bin/Release/net10.0",
        "dotnet",
        "/a/McpLongContext/src/McpLongContext.Server/bin/Release/net10.0/mcp-long-context.dll"
    )]
    [InlineData("/opt/lc/mcp-long-context", "/opt/lc", "/opt/lc/mcp-long-context", "")]
    [InlineData(
        "/home/a/.dotnet/tools/mcp-long-context",
        "/home/a/.dotnet/tools/.store/mcplongcontext/0.1.0/mcplongcontext/0.1.0/tools/net10.0/any",
        "mcp-long-context",
        ""
    )]
    [InlineData(
        "/usr/bin/dotnet",
        "/home/a/.nuget/packages/mcplongcontext/0.1.0/tools/net10.0/any",
        "dnx",
        "McpLongContext --yes"
    )]
    public void The_command_is_the_one_that_outlives_an_update(
        string process,
        string folder,
        string command,
        string arguments
    )
    {
        var found = ServerCommand.Of(process, folder);

        Assert.Equal(command, found.Command);
        Assert.Equal(arguments, string.Join(' ', found.Arguments).Replace('\\', '/'));
    }
}
