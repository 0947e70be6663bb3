using System.Reflection;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>The grains of a cluster, where something comes before each write to the copies of one silo.</summary>
#pragma warning disable CA1852 // Proxies inherit from it.
internal class AlteredWrites : DispatchProxy
{
    private IGrainFactory? _grains;
    private string _silo = "";
    private Func<Task>? _before;

    /// <summary>Alters the writes to a silo.</summary>
    public static IGrainFactory Of(IGrainFactory grains, string silo, Func<Task> before)
    {
        var proxy = Create<IGrainFactory, AlteredWrites>();
        var altered = (AlteredWrites)(object)proxy;
        (altered._grains, altered._silo, altered._before) = (grains, silo, before);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var grain = targetMethod!.Invoke(_grains, args);
        return grain is IShardGrain shard && $"{args![0]}".StartsWith(_silo + "/", StringComparison.Ordinal)
            ? AlteredGrain.Of(shard, _before!)
            : grain;
    }

    internal class AlteredGrain : DispatchProxy
    {
        private IShardGrain? _grain;
        private Func<Task>? _before;

        public static IShardGrain Of(IShardGrain grain, Func<Task> before)
        {
            var proxy = Create<IShardGrain, AlteredGrain>();
            var altered = (AlteredGrain)(object)proxy;
            (altered._grain, altered._before) = (grain, before);
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IShardGrain.ApplyAsync)
                ? ApplyAsync((ShardChange)args![0]!)
                : targetMethod.Invoke(_grain, args);

        private async Task<ShardChangeResult> ApplyAsync(ShardChange change)
        {
            await _before!();
            return await _grain!.ApplyAsync(change);
        }
    }
}
