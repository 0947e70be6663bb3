using System.Reflection;
using McpLongContext.Distributed.Messages;
using McpLongContext.Distributed.Shards;

namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>The grains of a cluster, where the calls of one method of the copies of one silo are altered.</summary>
#pragma warning disable CA1852 // Proxies inherit from it.
internal class AlteredSilo : DispatchProxy
{
    private object? _target;
    private Call? _call;

    /// <summary>Takes the place of a call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="proceed">Makes the call.</param>
    private delegate object? Call(MethodInfo method, object?[] args, Func<object?> proceed);

    /// <summary>Does something before each write.</summary>
    public static IGrainFactory WithWrites(IGrainFactory grains, string silo, Func<Task> before) =>
        Before<ShardChangeResult>(grains, silo, nameof(IShardGrain.ApplyAsync), before);

    /// <summary>Does something before each list of segments.</summary>
    public static IGrainFactory WithSegments(IGrainFactory grains, string silo, Func<Task> before) =>
        Before<ShardSegments?>(grains, silo, nameof(IShardGrain.SegmentsAsync), before);

    /// <summary>Alters the passages that are read.</summary>
    public static IGrainFactory WithReads(
        IGrainFactory grains,
        string silo,
        Func<ShardPassage[], ShardPassage[]> altered
    )
    {
        return Of(grains, silo, nameof(IShardGrain.ReadAsync), (_, _, proceed) => ReadAsync(proceed));

        async Task<ShardPassage[]> ReadAsync(Func<object?> proceed) => altered(await (Task<ShardPassage[]>)proceed()!);
    }

    /// <summary>Leaves a step without an answer until it is told to end.</summary>
    /// <param name="grains">The grains.</param>
    /// <param name="silo">The silo that is slow.</param>
    /// <param name="step">The name of the step.</param>
    /// <param name="asked">What is done whenever the step is asked.</param>
    /// <returns>The grains, and a task that ends when the step was told to end.</returns>
    public static (IGrainFactory Grains, Task Ended) Slow(
        IGrainFactory grains,
        string silo,
        string step,
        Action? asked = null
    )
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Of(grains, silo, step, (method, args, _) => Ask(method, args)), ended.Task);

        object? Ask(MethodInfo method, object?[] args)
        {
            asked?.Invoke();
            args.OfType<CancellationToken>().Single().Register(() => ended.TrySetResult());
            var never = typeof(TaskCompletionSource<>).MakeGenericType(method.ReturnType.GenericTypeArguments[0]);
            return never.GetProperty("Task")!.GetValue(Activator.CreateInstance(never));
        }
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _call!(targetMethod!, args!, () => targetMethod!.Invoke(_target, args));

    private static IGrainFactory Before<T>(IGrainFactory grains, string silo, string method, Func<Task> before)
    {
        return Of(grains, silo, method, (_, _, proceed) => CallAsync(proceed));

        async Task<T> CallAsync(Func<object?> proceed)
        {
            await before();
            return await (Task<T>)proceed()!;
        }
    }

    private static IGrainFactory Of(IGrainFactory grains, string silo, string altered, Call call) =>
        Proxy(
            grains,
            (_, args, proceed) =>
                proceed() switch
                {
                    IShardGrain copy when $"{args[0]}".StartsWith(silo + "/", StringComparison.Ordinal) => Proxy(
                        copy,
                        (method, own, go) => method.Name == altered ? call(method, own, go) : go()
                    ),
                    var other => other,
                }
        );

    private static T Proxy<T>(T target, Call call)
        where T : class
    {
        var proxy = Create<T, AlteredSilo>();
        var altered = (AlteredSilo)(object)proxy;
        (altered._target, altered._call) = (target, call);
        return proxy;
    }
}
