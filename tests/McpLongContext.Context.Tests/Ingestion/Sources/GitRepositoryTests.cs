using System.Diagnostics;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

/// <summary>Repositories as Git itself makes them; what is read is what <c>git ls-files -co --exclude-standard</c> lists.</summary>
public sealed class GitRepositoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GitRepositoryTests()
    {
        Directory.CreateDirectory(_folder["home"]);
        Directory.CreateDirectory(_folder["repo"]);
        Git("repo", "init", "-q");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_linked_worktree_is_no_content_of_the_tree_that_it_lies_in()
    {
        _folder.Write("repo/a.txt", "text");
        Commit();
        Git("repo", "worktree", "add", "-q", ".trees/fix", "-b", "fix");
        Assert.Equal(["a.txt"], Files("repo"));
        Assert.Contains(Skips("repo"), skip => skip.Reason.Contains("linked worktree", StringComparison.Ordinal));
        Assert.Equal(["a.txt"], Files("repo/.trees/fix"));
        Assert.DoesNotContain(Skips("repo/.trees/fix"), skip => skip.Path.EndsWith("a.txt", StringComparison.Ordinal));
    }

    [Fact]
    public void A_worktree_shares_the_excludes_of_its_repository()
    {
        _folder.Write("repo/a.txt", "text");
        Commit();
        _folder.Write("repo/.git/info/exclude", "scratch/\n");
        Git("repo", "worktree", "add", "-q", "../tree", "-b", "fix");
        _folder.Write("tree/scratch/n.txt", "text");
        _folder.Write("tree/new.txt", "text");
        Assert.Equal(Listed("tree"), Files("tree"));
        Assert.Equal(["a.txt", "new.txt"], Files("tree"));
    }

    [Fact]
    public void A_submodule_is_content_with_rules_of_its_own()
    {
        _folder.Write("repo/lib.txt", "text");
        Commit();
        Directory.CreateDirectory(_folder["outer"]);
        Git("outer", "init", "-q");
        Git("outer", "-c", "protocol.file.allow=always", "submodule", "add", "-q", _folder["repo"], "lib");
        _folder.Write("outer/.gitignore", "*.log\n/lib\n");
        _folder.Write("outer/lib/kept.log", "text");
        _folder.Write("outer/.git/modules/lib/info/exclude", "own.txt\n");
        _folder.Write("outer/lib/own.txt", "text");
        Assert.Equal([".gitignore", ".gitmodules", "lib/kept.log", "lib/lib.txt"], Files("outer"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_tracked_file_is_read_though_a_pattern_ignores_it(int version)
    {
        _folder.Write("repo/.gitignore", "*.log\nout/\n");
        _folder.Write("repo/keep.log", "text");
        _folder.Write("repo/other.log", "text");
        _folder.Write("repo/out/deep/keep.txt", "text");
        _folder.Write("repo/out/deep/other.txt", "text");
        _folder.Write("repo/out/z.txt", "text");
        Git("repo", "add", "-f", "keep.log", "out/deep/keep.txt");
        Git("repo", "update-index", "--index-version", $"{version}");
        if (version == 3)
        {
            _folder.Write("repo/later.txt", "text");
            Git("repo", "add", "-N", "later.txt");
        }

        Assert.Equal(Listed("repo"), Files("repo"));
        Assert.Contains("out/deep/keep.txt", Files("repo"));
        Assert.Contains(Skips("repo"), skip => skip.Path == "other.log");
    }

    [Fact]
    public void A_split_index_and_object_names_of_SHA_256_are_read()
    {
        _folder.Write("repo/.gitignore", "*.log\n");
        _folder.Write("repo/a.log", "text");
        Git("repo", "add", "-f", "a.log");
        Git("repo", "update-index", "--split-index");
        _folder.Write("repo/b.log", "text");
        Git("repo", "add", "-f", "b.log");
        Assert.Equal([".gitignore", "a.log", "b.log"], Files("repo"));

        Directory.CreateDirectory(_folder["long"]);
        Git("long", "init", "-q", "--object-format=sha256");
        _folder.Write("long/.gitignore", "*.log\n");
        _folder.Write("long/a.log", "text");
        Git("long", "add", "-f", "a.log");
        Assert.Equal([".gitignore", "a.log"], Files("long"));
    }

    [Theory]
    [InlineData("core.excludesFile", "~/ignored")]
    [InlineData("core.excludesFile", "\"~/ignored\" # mine")]
    [InlineData(null, null)]
    public void The_excludes_of_the_user_hold(string? key, string? value)
    {
        _folder.Write(key is null ? "home/.config/git/ignore" : "home/ignored", "scratch.*\n!scratch.md\n");
        if (key is not null)
        {
            _folder.Write("home/.gitconfig", $"[user]\n\tname = a\n[core]\n\texcludesFile = {value}\n");
        }

        _folder.Write("repo/scratch.txt", "text");
        _folder.Write("repo/scratch.md", "text");
        _folder.Write("repo/a.txt", "text");
        Assert.Equal(Listed("repo"), Files("repo"));
        Assert.Equal(["a.txt", "scratch.md"], Files("repo"));
    }

    [Fact]
    public void Included_configuration_counts_where_its_condition_holds()
    {
        _folder.Write("home/ignored", "scratch.txt\n");
        _folder.Write("home/work.inc", "[core]\n\texcludesfile = ~/ignored\n");
        _folder.Write("home/.gitconfig", $"[includeIf \"gitdir:{_folder["repo"]}/\"]\n\tpath = work.inc\n");
        _folder.Write("repo/scratch.txt", "text");
        _folder.Write("repo/a.txt", "text");
        Assert.Equal(["a.txt"], Files("repo"));
        _folder.Write("home/.gitconfig", "[includeIf \"gitdir:elsewhere/\"]\n\tpath = work.inc\n");
        Assert.Equal(["a.txt", "scratch.txt"], Files("repo"));
    }

    [Fact]
    public void Build_folders_with_tracked_files_are_sources()
    {
        _folder.Write("repo/package.json", "{}");
        _folder.Write("repo/build/tasks.js", "text");
        _folder.Write("repo/.idea/notes.txt", "text");
        Assert.Equal(["package.json"], Files("repo"));
        Git("repo", "add", "-f", "build", ".idea");
        Assert.Equal([".idea/notes.txt", "build/tasks.js", "package.json"], Files("repo"));
    }

    [Fact]
    public void A_repository_without_a_working_tree_is_version_control_data()
    {
        Git("repo", "init", "-q", "--bare", "store.git");
        _folder.Write("repo/a.txt", "text");
        Assert.Equal(["a.txt"], Files("repo"));
    }

    [Fact]
    public void A_damaged_index_tracks_nothing()
    {
        var random = new Random(1);
        _folder.Write("repo/.gitignore", "*.log\n");
        for (var i = 0; i < 20; i++)
        {
            _folder.Write($"repo/{i}.log", "text");
        }

        Git("repo", "add", "-f", ".");
        var index = File.ReadAllBytes(_folder["repo/.git/index"]);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = index[..random.Next(index.Length + 1)];
            for (var flip = 0; flip < 3 && bytes.Length > 0; flip++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            GitIndex.Parse(bytes, 20, _ => index).Contains("3.log"u8);
        }
    }

    private List<string> Files(string root) =>
        [
            .. Scan(root)
                .OfType<SourceFile>()
                .Select(file => Path.GetRelativePath(_folder[root], file.Path))
                .Order(StringComparer.Ordinal),
        ];

    private List<(string Path, string Reason)> Skips(string root) =>
        [
            .. Scan(root)
                .OfType<SkippedSource>()
                .Select(skip => (Path.GetRelativePath(_folder[root], skip.Path), skip.Reason)),
        ];

    private IEnumerable<SourceEntry> Scan(string root)
    {
        var home = _folder["home"];
        var user = new GitUserFiles(home, [Path.Join(home, ".gitconfig")], Path.Join(home, ".config/git/ignore"));
        return new SourceScanner(new AllowedRoots(_folder.Path), user).Scan(_folder[root]);
    }

    private List<string> Listed(string root) =>
        [
            .. Git(root, "ls-files", "-co", "--exclude-standard")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Order(StringComparer.Ordinal),
        ];

    private void Commit()
    {
        Git("repo", "add", ".");
        Git("repo", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a");
    }

    private string Git(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = _folder[directory],
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["HOME"] = _folder["home"];
        start.Environment["XDG_CONFIG_HOME"] = _folder["home/.config"];
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
