using McpLongContext.Context.Answers;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories;

/// <summary>Builds the memories of datastores: as a part of an ingest, or as jobs of their own.</summary>
/// <param name="datastores">The datastores.</param>
/// <param name="decoders">The models whose memories are built.</param>
/// <param name="questions">The questions that go before.</param>
/// <param name="jobs">The jobs of this process.</param>
/// <param name="resumes">Whether this process lives long enough for a job that nobody waits for.</param>
internal sealed class MemoryJobs(
    DatastoreRegistry datastores,
    DecoderProvider decoders,
    QuestionPriority questions,
    JobRegistry jobs,
    bool resumes
)
{
    /// <summary>Throws when a memory cannot be built.</summary>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    public void Require(MemoryKind memory, string? model)
    {
        if (memory != MemoryKind.Window)
        {
            decoders.Require(model);
        }
    }

    /// <summary>Builds what is missing, within a job, which shows how far it is.</summary>
    public async Task BuildAsync(Datastore datastore, MemoryKind memory, string? model, IngestJob job)
    {
        job.Update(report => report with { State = IngestState.Memorizing });
        if (memory == MemoryKind.Infini)
        {
            await new MemoryCompressor(datastore, decoders, questions, model).RunAsync(Tell, job.Cancellation);
        }
        else
        {
            await new MemoryEncoder(datastore, decoders, questions, model).RunAsync(Tell, job.Cancellation);
        }

        void Tell(MemoryProgress progress) => job.Update(report => report with { Memory = progress });
    }

    /// <summary>The job that builds the memory of a datastore, begun when there is none.</summary>
    /// <returns>Its handle; <see langword="null"/> where the process does not live long enough.</returns>
    public string? Ensure(string name, MemoryKind memory, string? model)
    {
        if (!resumes)
        {
            return null;
        }

        var running = jobs.All()
            .FirstOrDefault(job => job.Datastore == name && job.Report.State == IngestState.Memorizing);
        if (running is not null)
        {
            return running.Id;
        }

        var datastore = datastores.Open(name);
        return jobs.Start(
            name,
            async job =>
            {
                job.MarkIndexed();
                await BuildAsync(datastore, memory, model, job);
                job.Update(report => report with { State = IngestState.Complete });
            }
        ).Id;
    }

    /// <summary>What a user can do about a memory that lacks documents.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="memory">The memory.</param>
    /// <param name="job">The job that builds it, if there is one.</param>
    public static string Remedy(string name, MemoryKind memory, string? job) =>
        job is null
            ? $"Build it with `mcp-long-context ingest PATH -d {name} --memory {memory.ToString().ToLowerInvariant()} --wait`."
            : $"Job {job} builds it now; ingest_status tells how far it is. Ask again then.";
}
