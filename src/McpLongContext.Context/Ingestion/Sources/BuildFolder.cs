namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Tells a folder of build scripts from one of build output where both are called <c>build</c> and no repository says
/// which it is: by the names of the files directly in it.
/// </summary>
internal static class BuildFolder
{
    /// <summary>The name that both kinds of folder have.</summary>
    public const string Name = "build";

    /// <summary>More entries than this are output.</summary>
    private const int MaxEntries = 200;

    private static readonly string[] s_scriptBeginnings =
    [
        "webpack.",
        "rollup.",
        "gulpfile",
        "gruntfile",
        "vite.",
        "esbuild.",
        "babel.",
        "dockerfile",
        "jenkinsfile",
        "readme",
    ];

    private static readonly string[] s_scriptEndings =
    [
        .. ".sh .bash .ps1 .bat .cmd .mk .gradle .gradle.kts .targets .props .dockerfile .config.js .config.cjs .config.mjs .config.ts .yml .yaml .py .rb .md".Split(
            ' '
        ),
    ];

    private static readonly string[] s_outputNames =
    [
        .. "CMakeCache.txt CMakeFiles build.ninja meson-info .ninja_log asset-manifest.json index.html static classes libs intermediates generated reports tmp lib bdist".Split(
            ' '
        ),
    ];

    /// <summary>Whether a folder holds scripts of a build, and nothing that a build writes.</summary>
    public static bool HoldsScripts(string folder)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(folder).Take(MaxEntries).Select(Path.GetFileName).ToList();
            return names.Count < MaxEntries
                && names.Exists(name => IsScript(name!))
                && !names.Exists(name => s_outputNames.Contains(name, StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsScript(string name) =>
        Array.Exists(s_scriptBeginnings, start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
        || Array.Exists(s_scriptEndings, end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase));
}
