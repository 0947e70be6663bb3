using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using McpLongContext.Server.Protocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Tests.Protocol;

/// <summary>Through the SDK's own transport: what it does between a message and the end of its line is the point.</summary>
public sealed class ClientOutputTests
{
    [Fact]
    public async Task A_message_whose_call_is_cancelled_while_it_is_written_keeps_its_line()
    {
        using var cancellation = new CancellationTokenSource();
        var written = new CancellingStream(cancellation);
        await using var transport = new StreamServerTransport(new Pipe().Reader.AsStream(), new ClientOutput(written));

        await SendAsync(transport, "first", cancellation.Token);
        await SendAsync(transport, "second", CancellationToken.None);

        Assert.Equal(["first", "second"], Methods(written));
    }

    [Fact]
    public async Task A_message_whose_call_was_cancelled_before_is_not_sent()
    {
        var written = new MemoryStream();
        await using var output = new ClientOutput(written);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await output.WriteAsync("{}"u8.ToArray(), new CancellationToken(canceled: true))
        );

        Assert.Equal(0, written.Length);
    }

    private static Task SendAsync(StreamServerTransport transport, string method, CancellationToken cancellation) =>
        transport.SendMessageAsync(new JsonRpcNotification { Method = method }, cancellation);

    private static IEnumerable<string> Methods(MemoryStream written) =>
        Encoding
            .UTF8.GetString(written.ToArray())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!["method"]!.GetValue<string>());

    /// <summary>Cancels what its first write belongs to, once that has been written.</summary>
    private sealed class CancellingStream(CancellationTokenSource source) : MemoryStream
    {
        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellation = default
        )
        {
            await base.WriteAsync(buffer, CancellationToken.None);
            await source.CancelAsync();
        }
    }
}
