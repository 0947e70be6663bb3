using System.Diagnostics;
using System.Text.Json.Nodes;

namespace McpLongContext.Server.Tests.Lifecycle;

public sealed class LifecycleTests : IDisposable
{
    // The promise is two seconds; a busy machine of continuous integration gets more.
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(6);

    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_handshake_is_answered_without_opening_anything()
    {
        using var server = new ServerProcess(_home.PathOf(""));

        var answer = await server.InitializeAsync();

        Assert.Equal("2025-06-18", (string?)answer["result"]!["protocolVersion"]);
        Assert.Equal("mcp-long-context", (string?)answer["result"]!["serverInfo"]!["name"]);
        Assert.InRange(((string?)answer["result"]!["instructions"])!.Length, 500, 2048);
        Assert.Equal(["logs"], Directory.EnumerateFileSystemEntries(_home.PathOf("")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task The_modern_era_discovers_instead()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        var meta = new JsonObject
        {
            ["io.modelcontextprotocol/protocolVersion"] = "2026-07-28",
            ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
        };

        var answer = await server.ReceiveAnswerAsync(
            server.Request("server/discover", new JsonObject { ["_meta"] = meta })
        );

        Assert.Equal(
            ["2026-07-28"],
            answer["result"]!["supportedVersions"]!.AsArray().Select(version => (string?)version)
        );
    }

    [Fact]
    public async Task A_batch_is_answered_by_a_batch()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();

        server.Send(
            """[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":78,"method":"tools/list"}]"""
        );

        var answers = (await server.ReceiveAsync())!.AsArray();
        Assert.Equal(["\"a\"", "78"], answers.Select(answer => answer!["id"]!.ToJsonString()).Order());
        Assert.All(answers, answer => Assert.NotNull(answer!["result"]));
        Assert.NotNull((await server.ReceiveAnswerAsync(server.Request("ping")))["result"]);
    }

    [Fact]
    public async Task The_process_ends_when_the_client_closes_its_end()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        var watch = Stopwatch.StartNew();

        server.Input.Close();

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_atOnce);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task The_process_ends_when_it_is_told_to(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals.");
        Assert.SkipWhen(
            signal == "INT" && IgnoresInterrupts(),
            "A shell's background job ignores interrupts for good."
        );
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        var watch = Stopwatch.StartNew();

        using var kill = Process.Start("kill", [$"-{signal}", $"{server.Id}"]);

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_atOnce);
    }

    [Fact]
    public async Task The_process_ends_though_the_client_does_not_read()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        await server.InitializeAsync();
        for (var i = 0; i < 100; i++)
        {
            server.Request("tools/list");
        }

        server.Input.Close();

        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Requests_out_of_a_pipe_are_answered_before_the_end()
    {
        using var server = new ServerProcess(_home.PathOf(""));
        var first = server.Request("ping");
        server.Input.Write("""{"jsonrpc":"2.0","id":99,"method":"tools/list"}""");

        server.Input.Close();

        await server.ReceiveAnswerAsync(first);
        await server.ReceiveAnswerAsync(99);
        Assert.Null(await server.ReceiveAsync());
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_does_not_stop_the_handshake()
    {
        using var server = new ServerProcess(_home.Write("file", ""));

        var answer = await server.InitializeAsync();

        Assert.NotNull(answer["result"]);
    }

    /// <summary>Whether this process ignores SIGINT, which the processes that it starts inherit.</summary>
    private static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status";
        const ulong Interrupt = 1UL << 1;
        var ignored = File.Exists(Status)
            ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            : null;
        return ignored is not null && (Convert.ToUInt64(ignored[7..].Trim(), 16) & Interrupt) != 0;
    }
}
