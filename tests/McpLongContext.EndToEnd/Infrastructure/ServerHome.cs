using System.Diagnostics;
using McpLongContext.Inference.Models;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>A data folder of its own for the server; vanishes with the test.</summary>
internal sealed class ServerHome : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("end-to-end-");

    private ServerHome() { }

    public string Folder => _folder.FullName;

    /// <summary>The server's executable and its arguments, as a client configures them.</summary>
    public IReadOnlyList<string> ServerCommand => ["dotnet", ServerAssembly, "--home", Folder];

    private static string ServerAssembly => Path.Combine(AppContext.BaseDirectory, "mcp-long-context.dll");

    /// <summary>
    /// A home with the default encoder, which is that of the user: installing 45 MB anew takes longer than most tests. Where
    /// folders cannot be linked it is installed.
    /// </summary>
    public static async Task<ServerHome> CreateAsync()
    {
        var home = new ServerHome();
        var encoder = await TestModels.EncoderAsync();
        var models = Path.Combine(home.Folder, "models");
        if (OperatingSystem.IsWindows())
        {
            await new ModelStore(new ModelStoreOptions { Folder = models }).InstallAsync(encoder);
        }
        else
        {
            Directory.CreateDirectory(models);
            Directory.CreateSymbolicLink(Path.Combine(models, Path.GetFileName(encoder)), encoder);
        }

        return home;
    }

    public static ServerHome WithoutEncoder() => new();

    /// <summary>Starts a command of the command line in the repository's root.</summary>
    public Process Start(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        ProgramRun.Start("dotnet", [ServerAssembly, "--home", Folder, .. arguments], Repository.Root, environment);

    /// <summary>Runs a command of the command line in the repository's root.</summary>
    public Task<ProgramRun> RunAsync(params IEnumerable<string> arguments) =>
        ProgramRun.OfAsync("dotnet", [ServerAssembly, "--home", Folder, .. arguments], Repository.Root);

    public void Dispose() => _folder.Delete(recursive: true);
}
