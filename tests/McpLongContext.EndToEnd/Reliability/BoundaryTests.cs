using System.Diagnostics;
using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>
/// What may be read, tried from the outside through the protocol and the command line: nothing beyond the working
/// directory, no secrets; and nothing that a document holds reaches the log or drives the terminal.
/// </summary>
public sealed class BoundaryTests : IDisposable
{
    private const string Mark = "zebrafinch";

    private static readonly TimeSpan s_race = TimeSpan.FromSeconds(3);

    private readonly ServerHome _home = ServerHome.WithoutEncoder();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("boundary-");

    public BoundaryTests()
    {
        Write("outside/secret.txt", $"The word outside is {Mark}.\n");
        Write("root/inside.txt", "The word inside is canary.\n");
    }

    private string Root => Path.Combine(_folder.FullName, "root");

    public void Dispose()
    {
        _home.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task No_path_and_no_address_leads_outside()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The paths are those of POSIX systems.");
        var outside = Path.Combine(_folder.FullName, "outside");
        Link("root/link.txt", Path.Combine(outside, "secret.txt"));
        Link("root/folder", "../outside");
        Link("root/chain", "folder");
        Link("root/proc", "/proc/self");
        Link("root/loop", "loop");
        using (var pipe = Process.Start("mkfifo", Path.Combine(Root, "pipe.txt")))
        {
            await pipe.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string[] paths =
        [
            outside,
            Path.Combine(outside, "secret.txt"),
            "../outside/secret.txt",
            "../outside",
            "inside.txt/../../outside/secret.txt",
            "./././..//outside/secret.txt",
            "link.txt",
            "folder",
            "folder/secret.txt",
            "chain/secret.txt",
            "loop",
            Root.ToUpperInvariant(),
            Root + "/../outside",
            Root + "-sibling",
            "/proc/self/environ",
            "proc/environ",
            "/proc/self/root" + outside + "/secret.txt",
            "/proc/self/cwd/../outside/secret.txt",
            "/dev/stdin",
            "/dev/zero",
            "/dev/fd/0",
            "/sys/kernel/notes",
            "/etc/passwd",
            "file:///etc/passwd",
            "~/.ssh/id_rsa",
            "..",
            "/",
            "pipe.txt",
            "a\0b",
            new string('a', 100_000),
        ];
        await using var server = await BareClient.StartAsync(_home, Root);
        foreach (var path in paths)
        {
            var answer = await server.CallAsync("ingest_document", new JsonObject { ["path"] = path });
            Assert.True(
                answer["result"]!["isError"]!.GetValue<bool>(),
                $"{path[..Math.Min(99, path.Length)]}: {answer}"
            );
        }

        // The command line takes the folder of what its user names for a root, but no kernel interface and no link.
        foreach (var path in (string[])["/proc/self/environ", "/dev/zero", "pipe.txt", "proc/environ", "loop"])
        {
            Assert.NotEqual(0, (await RunAsync("ingest", path, "--wait")).ExitCode);
        }

        (await RunAsync("ingest", ".", "--wait")).Expect(0);
        await server.CallAsync("ingest_document", new JsonObject { ["path"] = "." });
        foreach (var document in (string[])["../outside/secret.txt", outside + "/secret.txt", "folder/secret.txt"])
        {
            var address = new JsonObject { ["uri"] = $"longcontext://default/{document}" };
            Assert.NotNull((await server.RequestAsync("resources/read", address))["error"]);
        }

        await AssertUnknownAsync(server);
    }

    [Fact]
    public async Task A_link_swapped_in_while_files_are_read_shows_nothing_outside()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        Write("root/folder/secret.txt", "The word inside is canary.\n");
        await using var server = await BareClient.StartAsync(_home, Root);
        using var end = new CancellationTokenSource(Scale.Of(s_race));
        var swaps = Task.Run(() => Swap(end.Token), TestContext.Current.CancellationToken);
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            var path = count % 2 == 0 ? "." : "folder/secret.txt";
            await server.CallAsync("ingest_document", new JsonObject { ["path"] = path });
            await AssertUnknownAsync(server);
        }

        TestContext.Current.SendDiagnosticMessage($"{await swaps} swaps, {count} ingests");
    }

    [Fact]
    public async Task Secrets_are_skipped_and_reported_and_no_log_holds_what_documents_say()
    {
        const string Key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE" + Mark + "\n-----END RSA PRIVATE KEY-----\n";
        string[] secrets = [".env", "id_ed25519", "server.pem", "credentials.json", ".aws/config", "notes.md"];
        foreach (var secret in secrets)
        {
            Write("root/" + secret, secret == "notes.md" ? Key : $"token = {Mark}\n");
        }

        Write("root/story.txt", "The keeper of the lighthouse is called Quillfeather.\n");
        await using (var server = await BareClient.StartAsync(_home, Root))
        {
            var answer = await server.CallAsync("ingest_document", new JsonObject { ["path"] = "." });
            var report = answer["result"]!.ToJsonString();
            Assert.All(
                (string[])[".env", "id_ed25519", "server.pem", "credentials.json", ".aws", "notes.md"],
                secret => Assert.Contains(secret, report, StringComparison.Ordinal)
            );
            var question = new JsonObject { ["question"] = "Who is the keeper of the lighthouse?" };
            var found = await server.CallAsync("query_long_context", question);
            Assert.Contains("Quillfeather", found.ToJsonString(), StringComparison.Ordinal);
            await AssertUnknownAsync(server);
            Assert.Equal(0, await server.CloseAsync());
        }

        var logs = Directory.GetFiles(Path.Combine(_home.Folder, "logs"));
        Assert.NotEmpty(logs);
        foreach (var log in logs)
        {
            var text = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
            Assert.DoesNotContain("Quillfeather", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Mark, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_document_and_no_name_drives_the_terminal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Such names are not possible there.");
        Write(
            "root/text.txt",
            "The lamp \u001b]0;title\u0007 is \u001b[2J\u009b31m red \u202Eder\u202C.\r\nIt \b\b\u007f burns.\n"
        );
        Write("root/line\nbreak.txt", "The lamp is green.\n");
        Write("root/\u001b[31mred.txt", "The lamp is blue.\n");
        Write("root/\u202Etxt.exe", "The lamp is white.\n");
        string[][] commands =
        [
            ["ingest", ".", "--wait"],
            ["query", "What color is the lamp?"],
            ["query", "What color is the lamp?", "--json"],
            ["datastores", "show", "default"],
            ["datastores", "list"],
            ["ingest", "\u001b[31mnothing"],
            ["query", "\u001b[31m?", "--datastore", "\u001b]0;x\u0007"],
        ];
        foreach (var command in commands)
        {
            var run = await RunAsync(command);
            Assert.All(
                run.Output + run.Error,
                one =>
                    Assert.False(
                        (char.IsControl(one) && one is not ('\n' or '\r' or '\t'))
                            || one is >= '\u202A' and <= '\u202E',
                        $"{command[0]} writes U+{(int)one:X4}: {run.Output}{run.Error}"
                    )
            );
        }
    }

    /// <summary>Puts a link out of the root in the place of a folder and back, all the time.</summary>
    private int Swap(CancellationToken end)
    {
        var (folder, aside) = (Path.Combine(Root, "folder"), Path.Combine(_folder.FullName, "aside"));
        var count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            Directory.Move(folder, aside);
            Link("root/folder", "../outside");
            Thread.Yield();
            File.Delete(folder);
            Directory.Move(aside, folder);
        }

        return count;
    }

    private async Task AssertUnknownAsync(BareClient server)
    {
        var question = new JsonObject { ["question"] = Mark };
        var answer = (await server.CallAsync("query_long_context", question))["result"];
        Assert.All(
            answer?["structuredContent"]?["passages"]?.AsArray() ?? [],
            passage => Assert.DoesNotContain(Mark, passage!["text"]!.GetValue<string>(), StringComparison.Ordinal)
        );
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.OfAsync(_home.ServerCommand[0], [.. _home.ServerCommand.Skip(1), .. arguments], Root);

    private void Write(string relative, string content)
    {
        var path = Path.Combine(_folder.FullName, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void Link(string relative, string target) =>
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, relative), target);
}
