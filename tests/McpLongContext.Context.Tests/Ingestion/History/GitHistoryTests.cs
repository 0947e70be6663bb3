namespace McpLongContext.Context.Tests.Ingestion.History;

/// <summary>Commits and the files that they touched, as <c>git log --name-status</c> lists them.</summary>
public sealed class GitHistoryTests : IDisposable
{
    private readonly GitSandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("loose")]
    [InlineData("packed")]
    [InlineData("packed in long chains")]
    [InlineData("packed with deltas by name")]
    [InlineData("several packs with an index of all")]
    [InlineData("SHA-256")]
    [InlineData("packed with SHA-256")]
    [InlineData("a detached head")]
    [InlineData("a linked worktree")]
    [InlineData("a clone that borrows objects")]
    [InlineData("a submodule")]
    public void History_is_that_of_Git(string form)
    {
        _sandbox.Init(form.Contains("SHA-256") ? ["--object-format=sha256"] : []);
        MakeHistory();

        var tree = Change(form);

        Assert.Equal(GitLog.Print(arguments => _sandbox.GitIn(tree, arguments)), GitLog.Read(tree));
    }

    [Fact]
    public void History_of_a_folder_has_the_commits_that_touched_it()
    {
        _sandbox.Init();
        MakeHistory();

        Assert.Equal(
            GitLog.Print(arguments => _sandbox.Git(arguments), path: "src/deep"),
            GitLog.Read(_sandbox.Tree, path: "src/deep")
        );
    }

    [Fact]
    public void History_of_a_real_repository_is_that_of_Git()
    {
        var root = AppContext.BaseDirectory;
        while (root is not null && !Path.Exists(Path.Combine(root, ".git")))
        {
            root = Path.GetDirectoryName(root);
        }

        Assert.SkipWhen(root is null, "The tests were not built in a Git tree.");
        const int Newest = 200;
        Assert.Equal(GitLog.Print(arguments => _sandbox.GitIn(root!, arguments), Newest), GitLog.Read(root!, Newest));
    }

    [Fact]
    public void A_shallow_clone_ends_at_a_commit_whose_files_are_not_known()
    {
        _sandbox.Init();
        MakeHistory();
        _sandbox.GitIn(_sandbox.Folder, "clone", "-q", "--depth", "2", $"file://{_sandbox.Tree}", "shallow");

        var read = GitLog.Read(_sandbox.PathOf("shallow"));

        Assert.Equal(2, read.Count);
        Assert.EndsWith("Last words: ", read[1]);
    }

    [Fact]
    public void Grafts_give_commits_other_parents()
    {
        _sandbox.Init();
        _sandbox.Write("a.txt", "one");
        var first = _sandbox.Commit("One");
        _sandbox.Write("a.txt", "two");
        _sandbox.Commit("Two");
        _sandbox.Write("a.txt", "three");
        var last = _sandbox.Commit("Three");
        _sandbox.Write(".git/info/grafts", $"# by hand\n{last} {first}\n");

        Assert.Equal(["Three", "One"], GitLog.Read(_sandbox.Tree).Select(line => line.Split(' ')[4].TrimEnd(':')));
    }

    [Fact]
    public void An_empty_repository_has_no_history()
    {
        _sandbox.Init();

        Assert.Empty(GitLog.Read(_sandbox.Tree));
    }

    [Theory]
    [InlineData(".pack")]
    [InlineData(".idx")]
    public void A_damaged_pack_costs_commits_and_nothing_else(string extension)
    {
        _sandbox.Init();
        MakeHistory();
        _sandbox.Git("gc", "-q", "--aggressive", "--prune=now");
        var file = Directory.GetFiles(Path.Combine(_sandbox.Tree, ".git/objects/pack"), $"*{extension}").Single();
        File.SetAttributes(file, FileAttributes.Normal);
        var whole = File.ReadAllBytes(file);
        var expected = GitLog.Read(_sandbox.Tree).ToHashSet();
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var flip = 0; flip <= round % 4; flip++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(file, round % 10 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            Assert.True(GitLog.Read(_sandbox.Tree).Count <= expected.Count);
        }

        File.WriteAllBytes(file, whole);
        Assert.Equal(expected.Count, GitLog.Read(_sandbox.Tree).Count);
    }

    [Fact]
    public void A_tree_that_contains_itself_ends()
    {
        _sandbox.Init();
        _sandbox.Write("folder/a.txt", "one");
        _sandbox.Commit("One");
        var (root, folder) = (Name("HEAD^{tree}"), Name("HEAD:folder"));
        File.SetAttributes(ObjectOf(folder), FileAttributes.Normal);
        File.Copy(ObjectOf(root), ObjectOf(folder), overwrite: true);

        Assert.Single(GitLog.Read(_sandbox.Tree));

        string Name(string revision) => _sandbox.Git("rev-parse", revision).Trim();

        string ObjectOf(string name) => Path.Combine(_sandbox.Tree, ".git/objects", name[..2], name[2..]);
    }

    /// <summary>Every kind of change, with names and messages of every kind.</summary>
    private void MakeHistory()
    {
        _sandbox.Write("readme.md", "# Harbour\n");
        _sandbox.Write("src/a.c", "int a;\n");
        _sandbox.Write("src/deep/b.c", "int b;\n");
        _sandbox.Write("src.txt", "beside a folder of nearly the same name\n");
        _sandbox.Commit("Root: everything is new\n\nAnd explained.");
        _sandbox.Write("src/ä ö/ü.c", "int u;\n");
        _sandbox.Commit("Ümläute in\nnames");
        _sandbox.Git("mv", "src/a.c", "src/moved.c");
        _sandbox.Commit("Rename");
        File.Delete(Path.Combine(_sandbox.Tree, "src/moved.c"));
        _sandbox.Write("src/moved.c/inner.c", "a folder in place of a file\n");
        _sandbox.Commit("A folder in place of a file");
        _sandbox.Git("update-index", "--chmod=+x", "readme.md");
        _sandbox.Git("commit", "-q", "-m", "Executable");
        File.Delete(Path.Combine(_sandbox.Tree, "src.txt"));
        File.CreateSymbolicLink(Path.Combine(_sandbox.Tree, "src.txt"), "readme.md");
        _sandbox.Commit("A link in place of a file");
        _sandbox.Git("update-index", "--add", "--cacheinfo", $"160000,{_sandbox.Head()},module");
        _sandbox.Git("commit", "-q", "-m", "A submodule");
        _sandbox.Git("checkout", "-q", "-b", "topic");
        for (var i = 0; i < 8; i++)
        {
            _sandbox.Write(
                "src/deep/b.c",
                string.Concat(Enumerable.Range(0, 200).Select(line => $"int b{line % (i + 1)};\n"))
            );
            _sandbox.Write($"src/deep/{i}.c", $"int c{i};\n");
            _sandbox.Git("add", "src/deep");
            _sandbox.Git("commit", "-q", "-m", $"Step {i}");
        }

        _sandbox.Git("checkout", "-q", "main");
        _sandbox.Write("main.c", "int main;\n");
        _sandbox.Git("add", "main.c");
        _sandbox.Git("commit", "-q", "--author", "Grace Hopper <grace@localhost>", "-m", "On main");
        _sandbox.Git("merge", "-q", "--no-ff", "-m", "Merge topic", "topic");
        _sandbox.Git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-m", "Grüße in Latin-1");
        _sandbox.Git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "");
        _sandbox.Git("rm", "-q", "-r", "src/deep");
        _sandbox.Git("commit", "-q", "-m", "Last words");
        _sandbox.Write("main.c", "int main(void);\n");
        _sandbox.Git("add", "main.c");
        _sandbox.Git("commit", "-q", "-m", "The end");
    }

    private string Change(string form)
    {
        switch (form)
        {
            case "packed":
            case "packed with SHA-256":
                _sandbox.Git("gc", "-q", "--prune=now");
                break;
            case "packed in long chains":
                _sandbox.Git("repack", "-q", "-a", "-d", "-f", "--depth=500", "--window=500");
                break;
            case "packed with deltas by name":
                _sandbox.Git("-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f");
                break;
            case "several packs with an index of all":
                _sandbox.Git("repack", "-q", "-d");
                _sandbox.Commit("In a second pack");
                _sandbox.Git("repack", "-q", "-d");
                _sandbox.Git("multi-pack-index", "write");
                _sandbox.Git("commit-graph", "write", "--reachable");
                break;
            case "a detached head":
                _sandbox.Git("checkout", "-q", "--detach", "HEAD~2");
                break;
            case "a linked worktree":
                _sandbox.Git("worktree", "add", "-q", "../linked", "topic");
                return _sandbox.PathOf("linked");
            case "a clone that borrows objects":
                _sandbox.GitIn(_sandbox.Folder, "clone", "-q", "--shared", "tree", "clone");
                return _sandbox.PathOf("clone");
            case "a submodule":
                Directory.CreateDirectory(_sandbox.PathOf("super"));
                _sandbox.GitIn(_sandbox.PathOf("super"), "init", "-q");
                _sandbox.GitIn(_sandbox.PathOf("super"), "submodule", "--quiet", "add", _sandbox.Tree, "inner");
                return _sandbox.PathOf("super/inner");
            default:
                break;
        }

        return _sandbox.Tree;
    }
}
