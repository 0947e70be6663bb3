using System.Reflection;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>The grains of a cluster, where one silo does not answer a step: it waits until it is told to end.</summary>
#pragma warning disable CA1852 // Proxies inherit from it.
internal class SlowSilo : DispatchProxy
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IGrainFactory? _grains;
    private string _silo = "";
    private string _step = "";

    /// <summary>Ends when the step was told to end.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes a silo slow.</summary>
    public static (IGrainFactory Grains, SlowSilo Slow) Of(IGrainFactory grains, string silo, string step)
    {
        var proxy = Create<IGrainFactory, SlowSilo>();
        var slow = (SlowSilo)(object)proxy;
        (slow._grains, slow._silo, slow._step) = (grains, silo, step);
        return (proxy, slow);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var grain = targetMethod!.Invoke(_grains, args);
        return grain is IShardGrain shard && $"{args![0]}".StartsWith(_silo + "/", StringComparison.Ordinal)
            ? SlowGrain.Of(shard, _step, _ended)
            : grain;
    }

    internal class SlowGrain : DispatchProxy
    {
        private IShardGrain? _grain;
        private string _step = "";
        private TaskCompletionSource? _ended;

        public static IShardGrain Of(IShardGrain grain, string step, TaskCompletionSource ended)
        {
            var proxy = Create<IShardGrain, SlowGrain>();
            var slow = (SlowGrain)(object)proxy;
            (slow._grain, slow._step, slow._ended) = (grain, step, ended);
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == _step)
            {
                args!.OfType<CancellationToken>().Single().Register(() => _ended!.TrySetResult());
                var never = typeof(TaskCompletionSource<>).MakeGenericType(
                    targetMethod.ReturnType.GenericTypeArguments[0]
                );
                return never.GetProperty("Task")!.GetValue(Activator.CreateInstance(never));
            }

            return targetMethod.Invoke(_grain, args);
        }
    }
}
