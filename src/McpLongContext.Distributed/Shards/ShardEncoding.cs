using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Distributed.Shards;

/// <summary>
/// Encodes what a copy of a shard lacks, in the background. A failure is told with the state of the copy, and tried again
/// after a while: writes and lists go on.
/// </summary>
/// <param name="name">The datastore of the copy.</param>
/// <param name="pending">Counts the documents without embeddings.</param>
/// <param name="ingestor">Encodes.</param>
/// <param name="jobs">The jobs of the silo.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed class ShardEncoding(
    string name,
    Func<int> pending,
    Ingestor ingestor,
    JobRegistry jobs,
    TimeProvider time,
    ILogger logger
)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    private int _isRunning;
    private (string Problem, long At)? _failed;

    /// <summary>Why nothing is encoded; <see langword="null"/>: the last attempt has not failed, or nothing is pending since.</summary>
    public string? Problem => _failed?.Problem;

    /// <summary>Encodes what is pending; at once, if it is not being encoded, or has failed a short time ago.</summary>
    public async Task RunAsync()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 1)
        {
            return;
        }

        try
        {
            while (
                !jobs.IsWorking(name) && MayTry() && await ingestor.ResumeAsync(name, CancellationToken.None) is { } job
            )
            {
                await job.Completion;
                _failed = job.Report.State == IngestState.Complete ? null : Failed(job.Report);
            }
        }
#pragma warning disable CA1031 // Whatever is wrong with an encoder, documents are found lexically.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.LogWarning("Shard {Shard} is not encoded: {Reason}", name, error.Message);
            _failed = (error.Message, time.GetTimestamp());
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    /// <summary>Whether no attempt has failed a short time ago; a failure is over once nothing is pending.</summary>
    private bool MayTry()
    {
        if (_failed is not { } failed)
        {
            return true;
        }

        if (pending() == 0)
        {
            _failed = null;
        }

        return time.GetElapsedTime(failed.At) > s_pause;
    }

    private (string Problem, long At)? Failed(IngestReport report)
    {
        var reason = report.Notes is [.., var last] ? last : $"encoding ended: {report.State}";
        logger.LogWarning("Shard {Shard} is not encoded: {Reason}", name, reason);
        return (reason, time.GetTimestamp());
    }
}
