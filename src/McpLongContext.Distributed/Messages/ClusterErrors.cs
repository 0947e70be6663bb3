using McpLongContext.Context.Contracts;

namespace McpLongContext.Distributed.Messages;

/// <summary>Tells users about failures of the cluster, and waits where they pass.</summary>
internal static class ClusterErrors
{
    /// <summary>As long as a dead silo takes to be noticed, and its grains to begin elsewhere.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Calls a grain; while its silo has just died, again, until it has begun on another one.</summary>
    public static async Task<T> RetryAsync<T>(Func<Task<T>> call, TimeProvider time, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception error)
                when (error is OrleansException or TimeoutException or LayoutChangedException
                    && time.GetElapsedTime(started) < s_patience
                )
            {
                await Task.Delay(s_pause, time, cancellation);
            }
        }
    }

    /// <summary>Does something with the cluster; failures are told as those that a user can fix.</summary>
    /// <exception cref="ContextException">The cluster cannot do it now.</exception>
    public static async Task<T> TellAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error)
            when (error is ShardUnavailableException or LayoutChangedException or OrleansException or TimeoutException)
        {
            throw new ContextException($"cluster: {error.Message.TrimEnd('.')}.", error);
        }
    }
}
