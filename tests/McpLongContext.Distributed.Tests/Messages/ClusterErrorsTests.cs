using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Messages;

namespace McpLongContext.Distributed.Tests.Messages;

/// <summary>Failures of the cluster are told in a line, with the remedy, whatever Orleans wrote into its message.</summary>
public sealed class ClusterErrorsTests
{
    [Theory]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(TimeoutException))]
    public async Task A_silo_that_does_not_answer_is_told_without_a_stack_trace(Type type)
    {
        const string Message = "Exception while sending message: \n   at Orleans.Runtime.Messaging.ConnectionManager";
        var thrown = (Exception)Activator.CreateInstance(type, Message)!;

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            ClusterErrors.TellAsync(() => Task.FromException<int>(thrown))
        );

        Assert.Equal(
            "cluster: a silo does not answer: start silos that have stopped, or try again later.",
            error.Message
        );
        Assert.Equal("no answer", ClusterErrors.ReasonOf(thrown));
    }

    [Fact]
    public async Task A_shard_that_is_not_available_says_why()
    {
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            ClusterErrors.TellAsync(() => Task.FromException<int>(new ShardUnavailableException("The disk is full.")))
        );

        Assert.Equal("cluster: The disk is full.", error.Message);
    }
}
