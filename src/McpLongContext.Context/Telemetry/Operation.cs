using System.Diagnostics;

namespace McpLongContext.Context.Telemetry;

/// <summary>An operation that telemetry measures: its duration, and an activity where a listener wants one.</summary>
internal static class Operation
{
    /// <summary>Finding evidence for a query.</summary>
    public const string Retrieval = "retrieval";

    /// <summary>Encoding texts and queries.</summary>
    public const string Embeddings = "embeddings";

    /// <summary>Answering a query by a chat model.</summary>
    public const string Chat = "chat";

    /// <summary>Long inference by a generative model.</summary>
    public const string TextCompletion = "text_completion";

    private const string ErrorType = "error.type";

    /// <summary>Does the work of an operation, and measures it.</summary>
    /// <param name="name">The operation.</param>
    /// <param name="datastore">The datastore that it is about, where there is one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="work">The work.</param>
    public static async Task<T> MeasureAsync<T>(string name, string? datastore, TimeProvider time, Func<Task<T>> work)
    {
        if (!ContextMeter.OperationDuration.Enabled && !ContextMeter.Activities.HasListeners())
        {
            return await work();
        }

        using var activity = ContextMeter.Activities.StartActivity(name);
        activity?.SetTag(ContextMeter.OperationName, name).SetTag(ContextMeter.DataSource, datastore);
        var tags = ContextMeter.TagsOf(name);
        var start = time.GetTimestamp();
        try
        {
            return await work();
        }
        catch (Exception error)
        {
            // The message of an error may quote the query: its type alone is told.
            tags.Add(ErrorType, error.GetType().FullName);
            activity?.SetTag(ErrorType, error.GetType().FullName).SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            ContextMeter.OperationDuration.Record(time.GetElapsedTime(start).TotalSeconds, tags);
        }
    }
}
