using System.Globalization;
using System.Runtime.InteropServices;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>Node.js: that of the machine, or where it is too old, one that npm fetches once.</summary>
internal static class NodeProgram
{
    private const string Version = "24.21.0";

    /// <summary>A program of a major version, at least.</summary>
    public static async Task<string> OfAsync(int version)
    {
        var run = await ProgramRun.OfAsync("node", ["--version"]);
        var own = run.Expect(0).Output.TrimStart('v').Split('.')[0];
        return int.Parse(own, CultureInfo.InvariantCulture) >= version ? "node" : await InstallAsync();
    }

    private static async Task<string> InstallAsync()
    {
        var package = $"node-{System}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var folder = await UserFolder.OfAsync(
            $"node-{Version}",
            staging =>
                Npm.RunAsync(
                    staging,
                    "install",
                    "--prefix=.",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    $"{package}@{Version}"
                )
        );
        return Path.Combine(folder, "node_modules", package, "bin", OperatingSystem.IsWindows() ? "node.exe" : "node");
    }

    private static string System =>
        OperatingSystem.IsWindows() ? "win"
        : OperatingSystem.IsMacOS() ? "darwin"
        : "linux";
}
