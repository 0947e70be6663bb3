using System.Security.Cryptography;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>
/// The clients that are written in TypeScript, in the versions of <c>clients/package-lock.json</c>. npm installs them
/// once, into a folder of the user's that is named after the content of that file.
/// </summary>
internal static class NodeClients
{
    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    /// <summary>The scripts and settings of the clients.</summary>
    public static string Source { get; } = Path.Combine(AppContext.BaseDirectory, "clients");

    /// <summary>Runs a script of an installed package.</summary>
    public static async Task<ProgramRun> RunPackageAsync(string script, params IEnumerable<string> arguments) =>
        await RunAsync("node", await PathOfAsync(script), arguments);

    /// <summary>Runs a script of an installed package by a Node.js that may be newer than that of the machine.</summary>
    /// <param name="version">The oldest major version of Node.js that runs the script.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<ProgramRun> RunPackageAsync(
        int version,
        string script,
        params IEnumerable<string> arguments
    ) => await RunAsync(await NodeProgram.OfAsync(version), await PathOfAsync(script), arguments);

    /// <summary>Runs a script of <c>clients/</c>, beside the packages, where node looks for what it imports.</summary>
    public static async Task<ProgramRun> RunScriptAsync(string script, params IEnumerable<string> arguments)
    {
        var copy = Path.Combine(await s_folder.Value, $"{Guid.NewGuid():N}-{script}");
        File.Copy(Path.Combine(Source, script), copy);
        try
        {
            return await RunAsync("node", copy, arguments);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static async Task<string> PathOfAsync(string script) =>
        Path.Combine(await s_folder.Value, "node_modules", script);

    private static Task<ProgramRun> RunAsync(string node, string path, IEnumerable<string> arguments) =>
        ProgramRun.OfAsync(node, [path, .. arguments], Repository.Root);

    private static async Task<string> InstallAsync()
    {
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"));
        return await UserFolder.OfAsync(
            Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16],
            async folder =>
            {
                foreach (var name in (string[])["package.json", "package-lock.json", ".npmrc"])
                {
                    File.Copy(Path.Combine(Source, name), Path.Combine(folder, name));
                }

                await Npm.RunAsync(folder, "ci");
            }
        );
    }
}
