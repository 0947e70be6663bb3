using System.IO.Compression;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>The package that users install: packed here, installed from a folder, started as a client starts it.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("package-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_tool_that_is_installed_from_the_package_answers()
    {
        var project = Path.Combine(Repository.Root, "src", "McpLongContext.Server");
        string[] pack = ["pack", project, "-c", "Release", "--no-build", "-v", "q", "-o", _folder.FullName];
        (await ProgramRun.OfAsync("dotnet", pack)).Expect(0);
        var package = Assert.Single(_folder.GetFiles("McpLongContext.*.nupkg")).FullName;
        AssertListed(package);

        var tools = Path.Combine(_folder.FullName, "tools");
        string[] install = ["tool", "install", "McpLongContext", "--tool-path", tools, "--source", _folder.FullName];
        (await ProgramRun.OfAsync("dotnet", install, _folder.FullName)).Expect(0);
        var tool = Path.Combine(tools, OperatingSystem.IsWindows() ? "mcp-long-context.exe" : "mcp-long-context");
        string[] doctor = ["doctor", "--json", "--home", Path.Combine(_folder.FullName, "home")];
        var run = (await ProgramRun.OfAsync(tool, doctor, _folder.FullName)).Expect(0);

        Assert.Contains(JsonNode.Parse(run.Output)!.AsArray(), one => (string?)one!["check"] == "versions");
    }

    private static void AssertListed(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        var server = JsonNode.Parse(archive.GetEntry(".mcp/server.json")!.Open())!;
        var version = Path.GetFileNameWithoutExtension(package)["McpLongContext.".Length..];

        Assert.Equal(version, (string?)server["version"]);
        Assert.Equal(version, (string?)server["packages"]![0]!["version"]);
        Assert.NotNull(archive.GetEntry("README.md"));
    }
}
