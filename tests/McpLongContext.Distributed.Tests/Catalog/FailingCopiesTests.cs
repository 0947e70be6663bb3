using McpLongContext.Distributed.Catalog;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Catalog;

/// <summary>A copy that fails for longer than the grace period counts as away between attempts.</summary>
public sealed class FailingCopiesTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_copy_that_fails_for_long_is_replaced_and_tried_again()
    {
        var time = new SetClock();
        var failing = new FailingCopies(s_grace, time);

        failing.Add(0, "a");
        Assert.False(failing.Contains(0, "a"));

        time.Now += s_grace * 1.5;
        Assert.False(failing.Contains(0, "a"));
        failing.Add(0, "a");
        Assert.True(failing.Contains(0, "a"));
        Assert.False(failing.Contains(1, "a"));

        time.Now += s_grace;
        Assert.False(failing.Contains(0, "a"));
        failing.Add(0, "a");
        Assert.True(failing.Contains(0, "a"));

        failing.Remove(0, "a");
        Assert.False(failing.Contains(0, "a"));
    }
}
