using System.IO.Compression;
using System.Runtime.InteropServices;
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
        string[] pack = ["pack", Project, "-c", "Release", "--no-build", "-v", "q", "-o", _folder.FullName];
        (await ProgramRun.OfAsync("dotnet", pack)).Expect(0);
        AssertListed(Assert.Single(_folder.GetFiles("McpLongContext.*.nupkg")).FullName);

        await AssertAnswersAsync(await InstallAsync());
    }

    /// <summary>
    /// One <c>dotnet pack</c> makes a package for each platform and one that points to them. Compiling ahead of time, which
    /// takes minutes, is left out here, and so are the analyzers, which the build has run.
    /// </summary>
    [Fact]
    public async Task Of_the_packages_for_platforms_the_one_of_this_machine_is_installed()
    {
        var here = RuntimeInformation.RuntimeIdentifier;
        string[] pack = ["pack", Project, "-c", "Release", "-v", "q", "-o", _folder.FullName];
        string[] platforms = ["-p:ForPlatforms=true", "-p:PublishReadyToRun=false", "-p:RunAnalyzers=false"];
        (
            await ProgramRun.OfAsync(
                "dotnet",
                [.. pack, .. platforms],
                environment: ("ToolPackageRuntimeIdentifiers", $"{here};any")
            )
        ).Expect(0);
        var packages = _folder.GetFiles("*.nupkg").Select(file => file.Name).Order(StringComparer.Ordinal).ToArray();
        var version = packages[0]["McpLongContext.".Length..^".nupkg".Length];
        Assert.Equal(
            [
                $"McpLongContext.{version}.nupkg",
                $"McpLongContext.any.{version}.nupkg",
                $"McpLongContext.{here}.{version}.nupkg",
            ],
            packages
        );
        AssertListed(Path.Combine(_folder.FullName, packages[0]));

        var tools = await InstallAsync();

        var program = Assert.Single(
            Directory.GetFiles(Path.Combine(tools, ".store"), "mcp-long-context.dll", SearchOption.AllDirectories)
        );
        Assert.Equal(here, Path.GetFileName(Path.GetDirectoryName(program)));
        await AssertAnswersAsync(tools);
    }

    private static string Project => Path.Combine(Repository.Root, "src", "McpLongContext.Server");

    private async Task<string> InstallAsync()
    {
        var tools = Path.Combine(_folder.FullName, "tools");
        string[] install = ["tool", "install", "McpLongContext", "--tool-path", tools, "--source", _folder.FullName];
        (await ProgramRun.OfAsync("dotnet", install, _folder.FullName)).Expect(0);
        return tools;
    }

    private async Task AssertAnswersAsync(string tools)
    {
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
