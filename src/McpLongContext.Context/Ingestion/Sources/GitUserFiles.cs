namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>Git's files of the user and the machine, which hold for every repository.</summary>
/// <param name="Home">The home directory, which <c>~/</c> stands for.</param>
/// <param name="ConfigFiles">Configuration files, the weakest first.</param>
/// <param name="Excludes">The patterns that hold where <c>core.excludesFile</c> is not set.</param>
internal sealed record GitUserFiles(string Home, IReadOnlyList<string> ConfigFiles, string Excludes)
{
    /// <summary>No user: only what a repository itself says holds.</summary>
    public static GitUserFiles None { get; } = new("", [], "");

    /// <summary>The files of the user that runs the process, where Git looks for them.</summary>
    public static GitUserFiles OfProcess()
    {
        var home = Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var folder = Path.Join(Variable("XDG_CONFIG_HOME") ?? Path.Join(home, ".config"), "git");
        List<string> files = [];
        if (Variable("GIT_CONFIG_NOSYSTEM") is null)
        {
            files.Add(Variable("GIT_CONFIG_SYSTEM") ?? "/etc/gitconfig");
        }

        if (Variable("GIT_CONFIG_GLOBAL") is { } global)
        {
            files.Add(global);
        }
        else
        {
            files.Add(Path.Join(folder, "config"));
            files.Add(Path.Join(home, ".gitconfig"));
        }

        return new GitUserFiles(home, files, Path.Join(folder, "ignore"));
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
