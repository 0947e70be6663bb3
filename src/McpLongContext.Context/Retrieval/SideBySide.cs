using System.Runtime.ExceptionServices;

namespace McpLongContext.Context.Retrieval;

/// <summary>Two pieces of work on two cores.</summary>
internal static class SideBySide
{
    /// <summary>Returns when both have ended; throws what the first that failed has thrown.</summary>
    public static void Run(Action first, Action second)
    {
        try
        {
            Parallel.Invoke(first, second);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }
}
