using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Jobs;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories;

/// <summary>Builds the decoder memories of datastores: as a part of an ingest, or as jobs of their own.</summary>
/// <param name="datastores">The datastores.</param>
/// <param name="jobs">The jobs of this process.</param>
/// <param name="resumes">Whether this process lives long enough for a job that nobody waits for.</param>
internal sealed class MemoryJobs(DatastoreRegistry datastores, JobRegistry jobs, bool resumes)
{
    private readonly Lock _gate = new();

    /// <summary>Builds what is missing, within a job, which shows how far it is.</summary>
    public static async Task BuildAsync(Datastore datastore, IMemoryBuilder builder, string? model, IngestJob job)
    {
        job.Update(report => report with { State = IngestState.Memorizing });
        await builder.BuildAsync(
            datastore,
            model,
            progress => job.Update(report => report with { Memory = progress }),
            job.Cancellation
        );
    }

    /// <summary>The job that builds a decoder memory of a datastore, begun when there is none.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="builder">Builds the decoder memory.</param>
    /// <param name="model">The decoder that the memory is of.</param>
    /// <returns>The job's handle; <see langword="null"/> where the process does not live long enough.</returns>
    public string? Ensure(string name, IMemoryBuilder builder, string model)
    {
        if (!resumes)
        {
            return null;
        }

        var target = new MemoryTarget(builder.Kind, model);
        lock (_gate)
        {
            return (jobs.FindBuilding(name, target) ?? Start(name, builder, target)).Id;
        }
    }

    /// <summary>The remedy for a decoder memory that lacks documents.</summary>
    /// <param name="name">The datastore.</param>
    /// <param name="memory">The decoder memory.</param>
    /// <param name="job">The job that builds it, if there is one.</param>
    public static string Remedy(string name, MemoryKind memory, string? job) =>
        job is null
            ? $"Build it with `mcp-long-context ingest PATH -d {name} --memory {memory.ToString().ToLowerInvariant()} --wait`."
            : $"Job {job} builds it now; ingest_status tells how far it is. Ask again then.";

    private IngestJob Start(string name, IMemoryBuilder builder, MemoryTarget target)
    {
        var datastore = datastores.Open(name);
        return jobs.Start(
            JobKind.Memory,
            name,
            async job =>
            {
                job.MarkIndexed();
                await BuildAsync(datastore, builder, target.Model, job);
                job.Update(report => report with { State = IngestState.Complete });
            },
            target
        );
    }
}
