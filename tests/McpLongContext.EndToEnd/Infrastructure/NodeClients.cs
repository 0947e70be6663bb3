using System.Security.Cryptography;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>
/// The clients that are written in TypeScript, in the versions of <c>clients/package-lock.json</c>. npm installs them
/// once, into a folder of the user's that is named after the content of that file.
/// </summary>
internal static class NodeClients
{
    private static readonly string s_source = Path.Combine(AppContext.BaseDirectory, "clients");
    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    /// <summary>Runs a script of an installed package.</summary>
    public static async Task<ProgramRun> RunPackageAsync(string script, params IEnumerable<string> arguments) =>
        await RunAsync(Path.Combine(await s_folder.Value, "node_modules", script), arguments);

    /// <summary>Runs a script of <c>clients/</c>, beside the packages, where node looks for what it imports.</summary>
    public static async Task<ProgramRun> RunScriptAsync(string script, params IEnumerable<string> arguments)
    {
        var copy = Path.Combine(await s_folder.Value, $"{Guid.NewGuid():N}-{script}");
        File.Copy(Path.Combine(s_source, script), copy);
        try
        {
            return await RunAsync(copy, arguments);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static Task<ProgramRun> RunAsync(string path, IEnumerable<string> arguments) =>
        ProgramRun.OfAsync("node", [path, .. arguments], Repository.Root);

    private static async Task<string> InstallAsync()
    {
        var cache = Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "McpLongContext.EndToEnd"
        );
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(s_source, "package-lock.json"));
        var folder = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var staging = Directory.CreateDirectory(Path.Combine(cache, $"{Guid.NewGuid():N}.staging")).FullName;
        try
        {
            foreach (var name in (string[])["package.json", "package-lock.json", ".npmrc"])
            {
                File.Copy(Path.Combine(s_source, name), Path.Combine(staging, name));
            }

            var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            (await ProgramRun.OfAsync(npm, ["ci", "--loglevel=error"], staging)).Expect(0);
            Directory.Move(staging, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another test run was faster.
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }

        return folder;
    }
}
