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
                when ((IsSilence(error) || error is LayoutChangedException) && time.GetElapsedTime(started) < s_patience
                )
            {
                await Task.Delay(s_pause, time, cancellation);
            }
        }
    }

    /// <summary>Why a call of a grain failed, in one line: messages of Orleans may hold whole stack traces.</summary>
    public static string ReasonOf(Exception error) => IsSilence(error) ? "no answer" : error.Message.TrimEnd('.');

    /// <summary>Does something with the cluster; failures are told as those that a user can fix.</summary>
    /// <exception cref="ContextException">The cluster cannot do it now.</exception>
    public static async Task<T> TellAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (IsSilence(error))
        {
            throw new ContextException(
                "cluster: a silo does not answer: start silos that have stopped, or try again later.",
                error
            );
        }
        catch (Exception error) when (error is ShardUnavailableException or LayoutChangedException)
        {
            throw new ContextException($"cluster: {ReasonOf(error)}.", error);
        }
    }

    private static bool IsSilence(Exception error) => error is OrleansException or TimeoutException;
}
