using McpLongContext.Context.Freshness;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Tests.Freshness;

/// <summary>The order of changed files, and what a new comparison forgets.</summary>
public sealed class RefreshQueueTests
{
    private readonly RefreshQueue _queue = new();

    [Fact]
    public void The_files_of_the_latest_query_go_first()
    {
        Put("a", "b", "c", "d");
        _queue.Prioritize(["b", "c"]);
        _queue.Prioritize(["d"]);

        Assert.Equal(["d", "b", "c", "a"], Take(4));
    }

    [Fact]
    public void What_is_queued_anew_replaces_what_waited_or_failed()
    {
        Put("old", "unreadable");
        Assert.Equal(["old", "unreadable"], Take(2).Order());
        _queue.Fail("unreadable");
        _queue.Finish(["old", "unreadable"]);
        Put("gone");

        _queue.Replace(() =>
        {
            Put("new");
            return 0;
        });

        Assert.Equal(["new"], _queue.Stale().Keys);
    }

    [Fact]
    public void Nothing_queued_anew_ends_the_waiting()
    {
        Put("a");
        var emptied = _queue.Emptied;

        _queue.Replace(() => 0);

        Assert.True(emptied.IsCompleted);
    }

    private void Put(params string[] paths)
    {
        foreach (var path in paths)
        {
            _queue.Put(path, new SourceFile(path, 1, default));
        }
    }

    private string[] Take(int most) => [.. _queue.Take(most).Select(item => item.Path)];
}
