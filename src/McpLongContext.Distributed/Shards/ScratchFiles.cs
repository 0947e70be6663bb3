using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;

namespace McpLongContext.Distributed.Shards;

/// <summary>Files of this silo that go with the work that makes them. What an earlier process left is removed.</summary>
internal sealed class ScratchFiles
{
    private readonly string _home;
    private readonly TimeProvider _time;

    public ScratchFiles(LongContextOptions options, TimeProvider time)
    {
        (_home, _time) = (options.Home, time);
        ScratchFolder.Clear(_home, time.GetUtcNow());
    }

    /// <summary>A path of a new file or folder.</summary>
    public string NewPath() => ScratchFolder.NewPath(_home, _time);
}
