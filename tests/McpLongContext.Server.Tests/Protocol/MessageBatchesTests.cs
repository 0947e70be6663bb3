using System.Text;
using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class MessageBatchesTests
{
    private readonly MessageBatches _batches = new();

    [Fact]
    public void A_batch_is_taken_apart()
    {
        Assert.Equal(
            ["""{"jsonrpc":"2.0","id":1,"method":"a"}""", """{"method":"b"}"""],
            Open("""[{"jsonrpc":"2.0","id":1,"method":"a"},{"method":"b"}]""")
        );
        Assert.True(_batches.HasPending);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"a"}""")]
    [InlineData("[]")]
    [InlineData("[1")]
    public void What_is_no_batch_stays(string line)
    {
        Assert.Equal([line], Open(line));
        Assert.False(_batches.HasPending);
    }

    [Fact]
    public void Its_answers_go_out_together_and_others_at_once()
    {
        Open("""[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":"x","method":"b"}]""");

        Assert.Null(Close("""{"id":"x","result":{}}"""));
        Assert.Equal("""{"id":2,"result":{}}""", Close("""{"id":2,"result":{}}"""));
        Assert.Equal("""{"id":1,"method":"ping"}""", Close("""{"id":1,"method":"ping"}"""));
        Assert.Equal("""{"method":"progress"}""", Close("""{"method":"progress"}"""));
        Assert.Equal("""[{"id":"x","result":{}},{"id":1,"error":{}}]""", Close("""{"id":1,"error":{}}"""));
        Assert.False(_batches.HasPending);
    }

    [Fact]
    public void A_number_and_a_text_are_different_ids()
    {
        Open("""[{"jsonrpc":"2.0","id":1,"method":"a"}]""");

        Assert.Equal("""{"id":"1","result":{}}""", Close("""{"id":"1","result":{}}"""));
        Assert.Equal("""[{"id":1,"result":{}}]""", Close("""{"id":1,"result":{}}"""));
    }

    [Fact]
    public void A_request_that_is_cancelled_holds_nothing_back()
    {
        Open("""[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}]""");
        Assert.Null(Close("""{"id":1,"result":{}}"""));

        Assert.Null(Cancel("""{"method":"notifications/cancelled","params":{"requestId":7}}"""));
        Assert.Equal(
            """[{"id":1,"result":{}}]""",
            Cancel("""{"method":"notifications/cancelled","params":{"requestId":2}}""")
        );
        Assert.False(_batches.HasPending);
    }

    [Theory]
    [InlineData("""[{"jsonrpc":"1.0","id":1,"method":"a"},5]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":5},[]]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":"\ud800","method":"a"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":{},"method":"a"}]""")]
    public void What_is_not_answered_under_an_id_is_not_waited_for(string line)
    {
        Open(line);

        Assert.False(_batches.HasPending);
    }

    [Fact]
    public void Notifications_alone_have_no_answer()
    {
        Open("""[{"method":"a"},{"method":"b"}]""");

        Assert.False(_batches.HasPending);
    }

    private IEnumerable<string> Open(string line) =>
        _batches.Open(Encoding.UTF8.GetBytes(line)).Select(Encoding.UTF8.GetString);

    private string? Close(string message) => Text(_batches.Close(Encoding.UTF8.GetBytes(message)));

    private string? Cancel(string line) => Text(_batches.Cancel(Encoding.UTF8.GetBytes(line)));

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
