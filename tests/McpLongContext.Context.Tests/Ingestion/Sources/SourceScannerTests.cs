using System.Diagnostics;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class SourceScannerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SourceScannerTests() => Directory.CreateDirectory(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_come_depth_first_in_ordinal_order()
    {
        string[] expected = ["B.txt", "a.txt", "a/1.txt", "a/b/2.txt", "a/c.txt", "b.txt", "é.txt"];
        foreach (var file in expected.Reverse())
        {
            _folder.Write("root/" + file, "text");
        }

        // "a" sorts before "a.txt".
        Assert.Equal(["B.txt", "a/1.txt", "a/b/2.txt", "a/c.txt", "a.txt", "b.txt", "é.txt"], Files());
    }

    [Fact]
    public void A_file_carries_its_size_and_time()
    {
        var path = _folder.Write("root/a.txt", "12345");
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        var file = Assert.IsType<SourceFile>(Assert.Single(Scan()));
        Assert.Equal(new SourceFile(path, 5, new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero)), file);
    }

    [Theory]
    [InlineData(".git/config", ".git", "version control")]
    [InlineData("node_modules/a/b.js", "node_modules", "dependencies")]
    [InlineData("a/__pycache__/b.py", "a/__pycache__", "build output")]
    [InlineData("yarn.lock", "yarn.lock", "lock file")]
    [InlineData("jquery.min.js", "jquery.min.js", "minified")]
    [InlineData("app.js.map", "app.js.map", "source map")]
    [InlineData("Form.Designer.cs", "Form.Designer.cs", "generated")]
    [InlineData("api_pb2.py", "api_pb2.py", "generated")]
    [InlineData("logo.PNG", "logo.PNG", "image")]
    [InlineData(".env", ".env", "secret")]
    [InlineData(".env.production", ".env.production", "secret")]
    [InlineData("id_rsa", "id_rsa", "secret")]
    [InlineData("server.PEM", "server.PEM", "secret")]
    [InlineData("a/.aws/credentials", "a/.aws", "secret")]
    [InlineData("a/credentials", "a/credentials", "secret")]
    [InlineData(".ssh/config", ".ssh", "secret")]
    [InlineData("id_rsa_work", "id_rsa_work", "secret")]
    [InlineData("id_ed25519.bak", "id_ed25519.bak", "secret")]
    [InlineData("prod.env", "prod.env", "secret")]
    [InlineData("secrets.prod.yaml", "secrets.prod.yaml", "secret")]
    [InlineData("credentials.bak", "credentials.bak", "secret")]
    [InlineData("passwords.txt", "passwords.txt", "secret")]
    [InlineData("my-firebase-adminsdk-x1.json", "my-firebase-adminsdk-x1.json", "secret")]
    [InlineData("empty.txt", "empty.txt", "empty")]
    [InlineData("my.egg-info/a.txt", "my.egg-info", "build output")]
    [InlineData("cmake-build-debug/a.txt", "cmake-build-debug", "build output")]
    [InlineData(".env.local", ".env.local", "secret")]
    [InlineData("client_secret_12.json", "client_secret_12.json", "secret")]
    public void What_nobody_means_is_left_out_and_reported_once(string file, string skipped, string reason)
    {
        _folder.Write("root/" + file, file == "empty.txt" ? "" : "text");
        _folder.Write("root/kept.txt", "text");
        Assert.Equal(["kept.txt"], Files());
        var skip = Assert.Single(Skips());
        Assert.Equal(skipped, skip.Path);
        Assert.Contains(reason, skip.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bin", "app.csproj", true)]
    [InlineData("bin", "README.md", false)]
    [InlineData("target", "Cargo.toml", true)]
    [InlineData("target", "main.c", false)]
    [InlineData("build", "package.json", true)]
    [InlineData("build", "build.sh", false)]
    [InlineData("vendor", "go.mod", true)]
    [InlineData("vendor", "composer.json", true)]
    [InlineData("vendor", "index.md", false)]
    [InlineData("dist", "pyproject.toml", true)]
    public void Ambiguous_directory_names_count_only_beside_the_file_that_proves_them(
        string name,
        string sibling,
        bool excluded
    )
    {
        _folder.Write($"root/{name}/a.txt", "text");
        _folder.Write("root/" + sibling, "text");
        Assert.Equal(
            excluded ? [sibling] : new[] { $"{name}/a.txt", sibling }.Order(StringComparer.Ordinal),
            Files().Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(".env.example")]
    [InlineData("example.env")]
    [InlineData("id_rsa_parser.c")]
    [InlineData("secrets.py")]
    [InlineData("credentials.md")]
    [InlineData("password_reset.txt")]
    [InlineData("id_rsa.pub")]
    [InlineData("environment.ts")]
    [InlineData("credentials_test.go")]
    [InlineData(".github/workflows/ci.yml")]
    [InlineData("src/build/Program.cs")]
    public void Names_that_only_resemble_an_excluded_one_are_kept(string file)
    {
        _folder.Write("root/" + file, "text");
        Assert.Equal([file], Files());
    }

    [Theory]
    [InlineData("src/credentials/oauth.go")]
    [InlineData("src/kubeconfig/writer.go")]
    [InlineData("src/secrets/store.py")]
    [InlineData("pkg/passwords/hash.rs")]
    [InlineData("design.key/notes.md")]
    [InlineData("docs/handbook.asc")]
    [InlineData(".cargo/config.toml")]
    [InlineData("Modelica/Pendulum.mo")]
    [InlineData("testsuite/gdb.exp")]
    [InlineData("docs/stations.dat")]
    [InlineData("models/teapot.obj")]
    [InlineData("theme/colors.tokens")]
    public void Sources_whose_names_are_also_those_of_secrets_and_output_are_read(string file)
    {
        _folder.Write("root/" + file, "text");
        Assert.Equal([file], Files());
    }

    [Theory]
    [InlineData(".env", "!.env")]
    [InlineData("certs/server.pem", "!*.pem")]
    [InlineData("a/credentials.json", "!/a/credentials.json")]
    [InlineData("secrets.prod.yaml", "!secrets.*.yaml")]
    [InlineData(".ssh/config", "!.ssh/")]
    [InlineData("deep/er/token.json", "!token.json")]
    public void A_pattern_that_names_a_secret_takes_it_back(string file, string pattern)
    {
        _folder.Write("root/.longcontextignore", pattern + "\n");
        var path = _folder.Write("root/" + file, "text");
        Assert.Contains(file, Files());
        Assert.Equal(
            file.Contains("ssh", StringComparison.Ordinal) ? Wanted.Explicitly : Wanted.EvenAsSecret,
            Assert
                .IsType<SourceFile>(Assert.Single(new SourceScanner(new AllowedRoots(_folder.Path)).Scan(path)))
                .Wanted
        );
    }

    [Theory]
    [InlineData("credentials.json", "*\n!*.json")]
    [InlineData("a/.env", "!a/\n!a/**")]
    [InlineData("id_rsa", "!*")]
    public void A_pattern_that_names_no_secret_takes_none_back(string file, string patterns)
    {
        _folder.Write("root/.longcontextignore", patterns + "\n");
        _folder.Write("root/" + file, "text");
        Assert.DoesNotContain(file, Files());
        Assert.Contains(Skips(), skip => skip.Path == file && skip.Reason.Contains("!name in .longcontextignore"));
    }

    [Theory]
    [InlineData("webpack.config.js", true)]
    [InlineData("release.sh", true)]
    [InlineData("bundle.js", false)]
    [InlineData("index.html", false)]
    public void A_folder_of_build_scripts_is_told_from_output_by_what_it_holds(string file, bool isRead)
    {
        _folder.Write("root/package.json", "{}");
        _folder.Write("root/build/" + file, "text");
        Assert.Equal(isRead ? ["build/" + file, "package.json"] : ["package.json"], Files());
    }

    [Fact]
    public void A_link_to_what_is_not_read_says_why()
    {
        _folder.Write("root/.gitignore", "generated/\n");
        _folder.Write("root/generated/deep/a.txt", "text");
        _folder.Write("root/node_modules/b/c.txt", "text");
        _folder.Write("root/logo.png", "text");
        _folder.Write("root/empty.txt", "");
        Directory.CreateDirectory(_folder["root/docs"]);
        _folder.Link("root/docs/a.txt", "../generated/deep/a.txt");
        _folder.Link("root/docs/folder", "../generated");
        _folder.Link("root/docs/b", "../node_modules/b");
        _folder.Link("root/docs/logo", "../logo.png");
        _folder.Link("root/docs/empty", "../empty.txt");
        _folder.Link("root/docs/kernel", "/proc/self/status");
        var reasons = Skips().ToDictionary(skip => skip.Path, skip => skip.Reason);
        Assert.Contains("left out: ignored by .gitignore line 1", reasons["docs/a.txt"], StringComparison.Ordinal);
        Assert.Contains("left out: ignored by .gitignore line 1", reasons["docs/folder"], StringComparison.Ordinal);
        Assert.Contains("left out: dependencies", reasons["docs/b"], StringComparison.Ordinal);
        Assert.Contains("left out: an image", reasons["docs/logo"], StringComparison.Ordinal);
        Assert.EndsWith(": empty", reasons["docs/empty"], StringComparison.Ordinal);
        Assert.DoesNotContain("read there", string.Concat(reasons.Values), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_user_names_is_read_whatever_the_rules_say()
    {
        _folder.Write("root/.gitignore", "*");
        var path = _folder.Write("root/app.min.js", "text");
        var file = Assert.IsType<SourceFile>(
            Assert.Single(new SourceScanner(new AllowedRoots(_folder.Path)).Scan(path))
        );
        Assert.Equal(Wanted.Explicitly, file.Wanted);
    }

    [Fact]
    public void A_secret_stays_secret_even_when_it_is_named()
    {
        var path = _folder.Write("root/id_ed25519", "text");
        Assert.IsType<SkippedSource>(Assert.Single(new SourceScanner(new AllowedRoots(_folder.Path)).Scan(path)));
    }

    [Theory]
    [InlineData(".env", "notes.txt", ".env")]
    [InlineData(".aws/config", "notes.txt", ".aws/config")]
    [InlineData(".ssh/config", "docs", ".ssh")]
    public void A_secret_stays_secret_behind_a_link_with_a_harmless_name(string secret, string link, string target)
    {
        _folder.Write("root/" + secret, "text");
        _folder.Write("root/src/a.txt", "text");
        _folder.Link("root/src/" + link, "../" + target);
        var entries = new SourceScanner(new AllowedRoots(_folder.Path)).Scan(_folder["root/src"]).ToList();
        Assert.EndsWith("a.txt", Assert.Single(entries.OfType<SourceFile>()).Path, StringComparison.Ordinal);
        Assert.Contains("secret", Assert.Single(entries.OfType<SkippedSource>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_in_a_folder_of_secrets_is_not_read_even_when_it_is_named()
    {
        var path = _folder.Write("root/.ssh/config", "text");
        var scanner = new SourceScanner(new AllowedRoots(_folder.Path));
        Assert.IsType<SkippedSource>(Assert.Single(scanner.Scan(path)));
        Assert.IsType<SkippedSource>(Assert.Single(scanner.Scan(_folder["root/.ssh"])));

        // Whoever allows the folder itself means it.
        var own = new SourceScanner(new AllowedRoots(_folder.Path, _folder["root/.ssh"]));
        Assert.IsType<SourceFile>(Assert.Single(own.Scan(path)));
    }

    [Fact]
    public void A_directory_of_a_hundred_thousand_entries_takes_bounded_time()
    {
        Directory.CreateDirectory(_folder["root/many"]);
        for (var i = 0; i < 100_000; i++)
        {
            File.Create(_folder[$"root/many/{i}"]).Dispose();
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal(100_000, Skips().Count);
        Assert.True(watch.Elapsed.TotalSeconds < 30, $"{watch.Elapsed.TotalSeconds:F1} s");
    }

    [Fact]
    public void A_directory_that_the_user_names_is_read_though_its_parent_ignores_it()
    {
        Directory.CreateDirectory(_folder["root/.git"]);
        _folder.Write("root/.gitignore", "out/\n*.tmp");
        _folder.Write("root/out/a.txt", "text");
        _folder.Write("root/out/b.tmp", "text");
        Assert.Equal(["out/a.txt"], Files("root/out"));
    }

    [Fact]
    public void Ignore_files_of_parents_hold_up_to_the_root_of_the_repository_and_not_above()
    {
        _folder.Write("root/.gitignore", "above.txt");
        Directory.CreateDirectory(_folder["root/repo/.git/info"]);
        _folder.Write("root/repo/.gitignore", "parent.txt");
        _folder.Write("root/repo/.git/info/exclude", "excluded.txt");
        foreach (var name in (string[])["above.txt", "parent.txt", "excluded.txt", "kept.txt"])
        {
            _folder.Write("root/repo/src/deep/" + name, "text");
        }

        Assert.Equal(["repo/src/deep/above.txt", "repo/src/deep/kept.txt"], Files("root/repo/src/deep"));
        Assert.Equal(
            ["repo/src/deep/above.txt", "repo/src/deep/kept.txt"],
            Files("root").Where(file => file.Contains("deep", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void An_ignore_file_above_the_allowed_roots_is_not_read()
    {
        Directory.CreateDirectory(_folder["root/.git"]);
        _folder.Write("root/.gitignore", "*.txt");
        _folder.Write("root/src/a.txt", "text");
        var scanner = new SourceScanner(new AllowedRoots(_folder["root/src"]));
        Assert.IsType<SourceFile>(Assert.Single(scanner.Scan(_folder["root/src"])));
    }

    [Fact]
    public void The_own_ignore_file_outranks_git_and_takes_back_default_excludes()
    {
        _folder.Write("root/.gitignore", "*.log\n");
        _folder.Write("root/.longcontextignore", "!important.log\n!node_modules/\ndrafts/\n");
        _folder.Write("root/important.log", "text");
        _folder.Write("root/other.log", "text");
        _folder.Write("root/node_modules/a.js", "text");
        _folder.Write("root/drafts/a.txt", "text");
        Assert.Equal([".gitignore", ".longcontextignore", "important.log", "node_modules/a.js"], Files());
        Assert.Contains(Skips(), skip => skip is ("drafts", "ignored by .longcontextignore line 3: drafts/"));
        Assert.Contains(Skips(), skip => skip is ("other.log", "ignored by .gitignore line 1: *.log"));
    }

    [Fact]
    public void Links_are_followed_only_to_what_would_not_be_read_otherwise()
    {
        _folder.Write("root/a.txt", "text");
        _folder.Write("root/folder/b.txt", "text");
        _folder.Write("elsewhere/c.txt", "text");
        _folder.Write("elsewhere/sub/d.txt", "text");
        _folder.Link("root/to-file", "a.txt");
        _folder.Link("root/to-folder", "folder");
        _folder.Link("root/to-elsewhere", "../elsewhere");
        _folder.Link("root/to-elsewhere-again", "../elsewhere");
        _folder.Link("root/to-nothing", "missing");
        _folder.Link("root/to-outside", "/etc/passwd");
        _folder.Link("root/folder/to-parent", "..");
        _folder.Link("root/folder/to-self", "to-self");
        var scanner = new SourceScanner(new AllowedRoots(_folder["root"], _folder["elsewhere"]));
        var entries = scanner.Scan(_folder["root"]).ToList();
        Assert.Equal(
            ["elsewhere/c.txt", "elsewhere/sub/d.txt", "root/a.txt", "root/folder/b.txt"],
            entries
                .OfType<SourceFile>()
                .Select(file => Path.GetRelativePath(_folder.Path, file.Path))
                .Order(StringComparer.Ordinal)
        );
        var reasons = entries
            .OfType<SkippedSource>()
            .ToDictionary(skip => Path.GetFileName(skip.Path), skip => skip.Reason);
        Assert.Equal(7, reasons.Count);
        Assert.Contains("which is read there", reasons["to-file"], StringComparison.Ordinal);
        Assert.Contains("which is read there", reasons["to-parent"], StringComparison.Ordinal);
        Assert.Contains("does not exist", reasons["to-nothing"], StringComparison.Ordinal);
        Assert.Contains("outside the allowed roots", reasons["to-outside"], StringComparison.Ordinal);
        Assert.Contains("circle", reasons["to-self"], StringComparison.Ordinal);
    }

    [Fact]
    public void Directories_that_link_to_each_other_from_different_roots_end()
    {
        Directory.CreateDirectory(_folder["other"]);
        _folder.Write("root/a.txt", "text");
        _folder.Write("other/b.txt", "text");
        _folder.Link("root/other", "../other");
        _folder.Link("other/root", "../root");
        var scanner = new SourceScanner(new AllowedRoots(_folder.Path));
        Assert.Equal(2, scanner.Scan(_folder["root"]).OfType<SourceFile>().Count());
    }

    [Fact]
    public void Names_that_cannot_be_cited_are_reported_and_not_read()
    {
        _folder.Write("root/line\nbreak.txt", "text");
        _folder.Write("root/\u001b[31mred.txt", "text");
        Shell("printf text > \"$(printf '%s/root/bad\\377name.txt' \"$0\")\"");

        Assert.Empty(Files());
        Assert.Equal(3, Skips().Count);
        Assert.All(Skips(), skip => Assert.Contains("rename it", skip.Reason, StringComparison.Ordinal));

        // The runtime can neither create nor delete such a name.
        Shell("rm \"$0\"/root/bad*");
    }

    [Fact]
    public void Deep_nesting_ends_at_the_limit()
    {
        var deep = string.Concat(Enumerable.Repeat("d/", SourceScanner.MaxDepth));
        _folder.Write($"root/{deep}last.txt", "text");
        _folder.Write($"root/{deep}d/beyond.txt", "text");
        Assert.EndsWith("last.txt", Assert.Single(Files()), StringComparison.Ordinal);
        Assert.Contains(
            $"deeper than {SourceScanner.MaxDepth}",
            Assert.Single(Skips()).Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_file_of_two_gigabytes_is_refused_by_its_size()
    {
        using (var file = File.Create(_folder["root/big.txt"]))
        {
            file.SetLength(2L << 30);
        }

        var reason = Assert.Single(Skips()).Reason;
        Assert.Contains("2048.0 MB", reason, StringComparison.Ordinal);
        Assert.Contains($"{DocumentReader.MaxFileBytes >> 20} MB", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_entries_and_many_rules_take_bounded_time()
    {
        for (var i = 0; i < 300; i++)
        {
            File.WriteAllText(_folder[$"root/file{i}.txt"], "x");
        }

        var hostile = string.Concat(Enumerable.Repeat("**/a*", 80)) + "[x]";
        _folder.Write(
            "root/.gitignore",
            string.Concat(
                Enumerable.Repeat(hostile + "\n*a*a*a*a*a*a*a*[b]\n**/**/**/**/**/**/**/**/*x*[y]\n[[[[[\n", 50)
            )
        );
        _folder.Write("root/" + string.Concat(Enumerable.Repeat("aaaaaaaa/", 20)) + "b.txt", "x");
        var watch = Stopwatch.StartNew();
        Assert.Equal(302, Files().Count);
        Assert.True(watch.Elapsed.TotalSeconds < 10, $"{watch.Elapsed.TotalSeconds:F1} s");
    }

    [Fact]
    public void A_pipe_is_not_taken_for_an_empty_file()
    {
        Shell("mkfifo \"$0/root/pipe.txt\"");
        Assert.Contains("pipe", Assert.Single(Skips()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scan_stops_when_cancelled()
    {
        _folder.Write("root/a.txt", "text");
        var scanner = new SourceScanner(new AllowedRoots(_folder.Path));
        Assert.Throws<OperationCanceledException>(() =>
            scanner.Scan(_folder["root"], cancellation: new CancellationToken(canceled: true)).Count()
        );
    }

    private void Shell(string command)
    {
        using var shell = Process.Start("sh", ["-c", command, _folder.Path]);
        shell.WaitForExit();
    }

    private List<SourceEntry> Scan(string relative = "root") =>
        [.. new SourceScanner(new AllowedRoots(_folder.Path)).Scan(_folder[relative])];

    private List<string> Files(string relative = "root") =>
        [.. Scan(relative).OfType<SourceFile>().Select(file => Path.GetRelativePath(_folder["root"], file.Path))];

    private List<(string Path, string Reason)> Skips() =>
        [
            .. Scan()
                .OfType<SkippedSource>()
                .Select(skip => (Path.GetRelativePath(_folder["root"], skip.Path), skip.Reason)),
        ];
}
