using System.ComponentModel;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>The package manager of Node.js.</summary>
internal static class Npm
{
    /// <summary>Runs npm in a folder; fails the test where there is none, or where it fails.</summary>
    public static async Task RunAsync(string folder, params IEnumerable<string> arguments)
    {
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        try
        {
            (await ProgramRun.OfAsync(npm, [.. arguments, "--loglevel=error"], folder)).Expect(0);
        }
        catch (Win32Exception error)
        {
            Assert.Fail(
                $"npm cannot be run ({error.Message}); install Node.js, whose clients and conformance suite these tests run."
            );
        }
    }
}
