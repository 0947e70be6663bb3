using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Decides which entries of one directory are read: ignore files, what Git tracks, the default excludes, secrets.
/// </summary>
/// <param name="scope">The ignore rules in force.</param>
/// <param name="names">All names in the directory.</param>
/// <param name="onlyTracked">Git ignores the directory but tracks something beneath it, which alone is read.</param>
internal sealed class DirectoryRules(IgnoreScope scope, IReadOnlySet<string> names, bool onlyTracked)
{
    /// <summary>Why a name that cannot be cited is refused.</summary>
    public const string UnprintableName = "its name holds control characters or is not valid UTF-8; rename it";

    /// <summary>The ignore rules in force.</summary>
    public IgnoreScope Scope => scope;

    /// <summary>The verdict on an entry.</summary>
    /// <param name="path">The entry's path.</param>
    /// <param name="name">The entry's name.</param>
    /// <param name="isDirectory">Whether it is a directory, or a link to one.</param>
    public Verdict Judge(string path, string name, bool isDirectory)
    {
        if (!Printable.IsPrintable(name))
        {
            return new Verdict(UnprintableName);
        }

        if (name == GitRepository.MarkName)
        {
            return new Verdict(DefaultExcludes.VersionControl);
        }

        var decision = scope.Decide(path, isDirectory);
        var isTakenBack = decision is { IsTakenBack: true };
        if (DefaultExcludes.JudgeSecret(name, isDirectory) is { } secret && decision is not { TakesBackSecret: true })
        {
            return new Verdict(secret);
        }

        var isIgnored = decision is { Ignored: true };
        var isTracked = (isIgnored || onlyTracked) && scope.IsTracked(path, isDirectory);
        if (isIgnored && (decision!.ByOwnFile || !isTracked))
        {
            return new Verdict(decision.Reason);
        }

        if (onlyTracked && !isTracked && !isTakenBack)
        {
            return new Verdict("ignored by Git with its directory") { IsUnlisted = true };
        }

        if (!isTakenBack && JudgeByDefault(path, name, isDirectory) is { } excluded)
        {
            return new Verdict(excluded);
        }

        if (isDirectory && !isTakenBack && scope.IsInRepository && GitRepository.MainOfWorktree(path) is { } main)
        {
            return new Verdict($"a linked worktree of {Printable.Path(main)}; ingest it by its own path")
            {
                StaysStored = true,
            };
        }

        return new Verdict
        {
            OnlyTracked = onlyTracked || isIgnored,
            Wanted = decision switch
            {
                { TakesBackSecret: true } => Wanted.EvenAsSecret,
                { IsTakenBack: true } => Wanted.Explicitly,
                _ => Wanted.AsFound,
            },
        };
    }

    private string? JudgeByDefault(string path, string name, bool isDirectory) =>
        DefaultExcludes.Judge(name, isDirectory, names) is { } reason
        && !(
            isDirectory
            && DefaultExcludes.MayHoldSources(name)
            && (scope.IsTracked(path, isDirectory) || (name == BuildFolder.Name && BuildFolder.HoldsScripts(path)))
        )
            ? reason
            : null;
}
