using System.IO.Pipelines;
using System.Text;
using McpLongContext.Server.Protocol;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class ClientInputTests
{
    private const string LastMessage = """{"jsonrpc":"2.0","method":"notifications/mcp-long-context/end"}""" + "\n";

    private const string Discover = """{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{}}""" + "\n";
    private const string Cancelled = """{"jsonrpc":"2.0","method":"notifications/cancelled"}""" + "\n";
    private const string Initialize = """{"jsonrpc":"2.0","id":2,"method":"initialize","params":{}}""" + "\n";
    private const string NoText = """{"jsonrpc":"2.0","id":4,"method":"\ud800"}""" + "\n";
    private const string Call = """{"jsonrpc":"2.0","id":3,"method":"tools/list"}""" + "\n";

    private static readonly JsonRpcNotification s_last = new() { Method = ClientLifetime.LastMessage };
    private static readonly JsonRpcNotification s_message = new() { Method = "x" };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Lines_beyond_the_limit_are_cut_and_the_others_pass_whole(int bufferSize)
    {
        var read = await ReadAllAsync("12345\n1234567890\n\n123\n123456\n12345", longestLine: 5, bufferSize);

        Assert.Equal("12345\n12345\n\n123\n12345\n12345\n" + LastMessage, read);
    }

    [Fact]
    public async Task A_last_line_without_its_end_gets_one() =>
        Assert.Equal("a\nb\n" + LastMessage, await ReadAllAsync("a\nb", longestLine: 5, bufferSize: 16));

    [Fact]
    public async Task A_pending_read_ends_when_it_is_cancelled()
    {
        using var lifetime = new ClientLifetime(TimeProvider.System, TestContext.Current.CancellationToken);
        await using var input = new ClientInput(new Pipe().Reader.AsStream(), 5, lifetime);
        using var cancellation = new CancellationTokenSource();
        var reading = input.ReadAsync(new byte[16], cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task The_end_waits_for_the_calls_in_flight()
    {
        using var lifetime = new ClientLifetime(TimeProvider.System, TestContext.Current.CancellationToken);
        var answer = new TaskCompletionSource();
        lifetime.Receive();
        var call = lifetime.TakeUpAsync(s_message, () => answer.Task);
        await lifetime.TakeUpAsync(s_last, () => Task.CompletedTask);
        var end = lifetime.EndAsync();

        Assert.False(lifetime.Stopping.IsCancellationRequested);
        answer.SetResult();
        await call;
        await end;

        Assert.True(lifetime.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task The_end_does_not_wait_for_ever()
    {
        using var lifetime = new ClientLifetime(TimeProvider.System, TestContext.Current.CancellationToken);
        lifetime.Receive();
        _ = lifetime.TakeUpAsync(s_message, () => new TaskCompletionSource().Task);
        await lifetime.TakeUpAsync(s_last, () => Task.CompletedTask);

        await lifetime.EndAsync();

        Assert.True(lifetime.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task The_end_waits_until_what_was_received_is_taken_up()
    {
        using var lifetime = new ClientLifetime(TimeProvider.System, TestContext.Current.CancellationToken);
        lifetime.Receive();
        var end = lifetime.EndAsync();

        await Task.Delay(ClientLifetime.Grace + TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
        Assert.False(lifetime.Stopping.IsCancellationRequested);
        await lifetime.TakeUpAsync(s_message, () => Task.CompletedTask);
        await lifetime.TakeUpAsync(s_last, () => Task.CompletedTask);
        await end;

        Assert.True(lifetime.Stopping.IsCancellationRequested);
    }

    [Theory]
    [InlineData(Discover + Initialize, Initialize)]
    [InlineData(Discover + Cancelled + Initialize + "x", Initialize + "x\n")]
    [InlineData(Discover, Discover)]
    [InlineData(Discover + Call + Initialize, Discover + Call + Initialize)]
    [InlineData("[]\n" + Initialize, "[]\n" + Initialize)]
    [InlineData("{\n" + Initialize, "{\n" + Initialize)]
    [InlineData(Initialize + Discover, Initialize + Discover)]
    [InlineData(NoText + Initialize, NoText + Initialize)]
    public async Task A_question_that_was_given_up_for_initialize_before_anybody_read_it_is_passed_over(
        string sent,
        string read
    ) => Assert.Equal(read + LastMessage, await ReadAllAsync(sent, longestLine: 1000, bufferSize: 4096));

    private static async Task<string> ReadAllAsync(string text, int longestLine, int bufferSize)
    {
        using var lifetime = new ClientLifetime(TimeProvider.System, TestContext.Current.CancellationToken);
        await using var input = new ClientInput(new MemoryStream(Encoding.UTF8.GetBytes(text)), longestLine, lifetime);
        var all = new MemoryStream();
        var buffer = new byte[bufferSize];
        await lifetime.TakeUpAsync(s_last, () => Task.CompletedTask);
        while (await input.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
        {
            all.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }
}
