using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Ingestion.Sources;

public sealed class AllowedRootsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AllowedRoots _roots;

    public AllowedRootsTests()
    {
        _folder.Write("root/inside.txt", "inside");
        _folder.Write("root-sibling/secret.txt", "secret");
        _folder.Write("outside/secret.txt", "secret");
        _roots = new AllowedRoots(_folder["root"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_beneath_a_root_is_resolved_and_opened()
    {
        var path = _roots.Resolve(_folder["root/../root/./inside.txt"]);
        using var reader = new StreamReader(_roots.OpenRead(path));
        Assert.Equal(_folder["root/inside.txt"], path);
        Assert.Equal("inside", reader.ReadToEnd());
    }

    [Theory]
    [InlineData("outside/secret.txt")]
    [InlineData("root/../outside/secret.txt")]
    [InlineData("root-sibling/secret.txt")]
    [InlineData("ROOT/inside.txt")]
    [InlineData("outside/missing.txt")]
    [InlineData("")]
    public void A_path_outside_the_roots_is_refused_with_the_path_the_roots_and_the_remedy(string relative)
    {
        var path = relative.Length == 0 ? "/etc/passwd" : _folder[relative];
        var error = Assert.Throws<ContextException>(() => _roots.Resolve(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder["root"], error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-root", error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => _roots.OpenRead(path));
    }

    [Theory]
    [InlineData("../outside/secret.txt")]
    [InlineData("../outside")]
    [InlineData("/etc")]
    [InlineData("second")]
    public void A_link_out_of_the_roots_is_refused(string target)
    {
        _folder.Link("root/second", "../outside/secret.txt");
        _folder.Link("root/link", target);
        Assert.Throws<ContextException>(() => _roots.Resolve(_folder["root/link"]));
        Assert.ThrowsAny<Exception>(() => _roots.OpenRead(_folder["root/link"]));
    }

    [Fact]
    public void A_file_behind_a_linked_directory_is_refused()
    {
        _folder.Link("root/folder", "../outside");
        Assert.Throws<ContextException>(() => _roots.Resolve(_folder["root/folder/secret.txt"]));
        Assert.Throws<IOException>(() => _roots.OpenRead(_folder["root/folder/secret.txt"]));
    }

    [Fact]
    public void A_link_that_replaces_a_file_between_check_and_open_opens_nothing()
    {
        var path = _roots.Resolve(_folder["root/inside.txt"]);
        File.Delete(path);
        _folder.Link("root/inside.txt", "../outside/secret.txt");
        var error = Assert.Throws<IOException>(() => _roots.OpenRead(path));
        Assert.Contains("outside the allowed roots", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_swapped_for_a_link_while_files_are_opened_never_shows_a_file_outside()
    {
        _folder.Write("root/folder/secret.txt", "inside");
        var swapping = true;
        var swapper = new Thread(() =>
        {
            while (Volatile.Read(ref swapping))
            {
                Directory.Move(_folder["root/folder"], _folder["root/aside"]);
                _folder.Link("root/folder", "../outside");
                File.Delete(_folder["root/folder"]);
                Directory.Move(_folder["root/aside"], _folder["root/folder"]);
            }
        });
        swapper.Start();
        int opened = 0,
            refused = 0;
        var watch = Stopwatch.StartNew();
        while ((opened < 200 || refused < 200) && watch.Elapsed.TotalSeconds < 20)
        {
            try
            {
                using var reader = new StreamReader(_roots.OpenRead(_folder["root/folder/secret.txt"]));
                Assert.Equal("inside", reader.ReadToEnd());
                opened++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                refused++;
            }
        }

        Volatile.Write(ref swapping, false);
        swapper.Join();
        Assert.True(opened >= 200 && refused >= 200, $"{opened} opened, {refused} refused");
    }

    [Fact]
    public void A_loop_of_links_is_an_error_and_not_a_hang()
    {
        _folder.Link("root/a", "b");
        _folder.Link("root/b", "a");
        var error = Assert.Throws<ContextException>(() => _roots.Resolve(_folder["root/a"]));
        Assert.Contains("links", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/self", "/proc")]
    [InlineData("/dev", "/dev")]
    public void A_root_among_the_interfaces_of_the_kernel_is_no_help_and_the_error_says_so(string root, string kernel)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are none there.");
        var error = Assert.Throws<ContextException>(() => new AllowedRoots(root).Resolve(root));
        Assert.Contains($"'{root}' lies in {kernel}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--allow-root", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/self/environ")]
    [InlineData("/proc/self/root/etc/passwd")]
    [InlineData("/proc/self/fd/0")]
    [InlineData("/dev/zero")]
    [InlineData("/dev/stdin")]
    [InlineData("/sys/kernel/notes")]
    public void Kernel_interfaces_are_never_read_even_where_everything_is_allowed(string path)
    {
        var everything = new AllowedRoots("/");
        if (path != "/proc/self/root/etc/passwd")
        {
            Assert.Throws<ContextException>(() => everything.Resolve(path));
            Assert.ThrowsAny<Exception>(() => everything.OpenRead(path).Dispose());
        }

        Assert.Throws<ContextException>(() => _roots.Resolve(path));
        Assert.ThrowsAny<Exception>(() => _roots.OpenRead(path).Dispose());
    }

    [Fact]
    public void A_named_pipe_is_refused_without_waiting_for_a_writer()
    {
        using (var process = Process.Start("mkfifo", _folder["root/pipe"]))
        {
            process.WaitForExit();
        }

        var error = Assert.Throws<IOException>(() => _roots.OpenRead(_folder["root/pipe"]));
        Assert.Contains("pipe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_may_be_a_link_itself()
    {
        _folder.Link("alias", "root");
        var roots = new AllowedRoots(_folder["alias"]);
        Assert.Equal(_folder["root/inside.txt"], roots.Resolve(_folder["alias/inside.txt"]));
    }

    [Theory]
    [InlineData("missing", "is not a directory")]
    [InlineData("root/inside.txt", "is a file")]
    public void A_root_that_is_no_directory_is_named(string root, string why)
    {
        var error = Assert.Throws<ContextException>(() => new AllowedRoots(_folder[root]));
        Assert.Contains(root, error.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-root", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void What_is_no_path_at_all_is_said_to_be_none(string path)
    {
        var error = Assert.Throws<ContextException>(() => _roots.Resolve(path));
        Assert.Contains("is not a path; name a file or a directory beneath", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ContextException>(() => new AllowedRoots("a\0b"));
        Assert.StartsWith("--allow-root: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public void Forty_links_are_followed(int links, bool isFollowed)
    {
        _folder.Link("root/0", "inside.txt");
        for (var i = 1; i < links; i++)
        {
            _folder.Link($"root/{i}", $"{i - 1}");
        }

        var error = Record.Exception(() => _roots.Resolve(_folder[$"root/{links - 1}"]));
        Assert.Equal(isFollowed, error is null);
    }

    [Fact]
    public void What_is_refused_is_not_kept_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks at the handles of the process.");
        Assert.Throws<IOException>(() => _roots.OpenRead(_folder["outside/secret.txt"]));
        Assert.DoesNotContain(
            Directory.GetFiles("/proc/self/fd"),
            handle => new FileInfo(handle).LinkTarget == _folder["outside/secret.txt"]
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\0b")]
    [InlineData("root/missing.txt")]
    public void A_path_that_is_none_or_does_not_exist_is_an_error_about_the_argument(string path)
    {
        var error = Assert.Throws<ContextException>(() =>
            _roots.Resolve(path.StartsWith("root", StringComparison.Ordinal) ? _folder[path] : path)
        );
        Assert.StartsWith("path: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_of_a_path_do_not_reach_the_message()
    {
        var error = Assert.Throws<ContextException>(() => _roots.Resolve("/etc/\u001b[31m\n"));
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
