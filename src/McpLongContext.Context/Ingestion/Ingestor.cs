using System.Runtime.ExceptionServices;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Ingestion.History;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Memories;
using McpLongContext.Inference;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Context.Ingestion;

/// <summary>Runs ingests as jobs: first text and the lexical index, then token embeddings.</summary>
internal sealed class Ingestor(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    EncodingDemands demands,
    QueryPriority questions,
    DecoderProvider decoders,
    MemoryRegistry memories,
    JobRegistry jobs,
    AllowedRoots roots,
    DocumentPaths paths,
    LongContextOptions options,
    TimeProvider time,
    ILogger<Ingestor> logger
) : IIngestor
{
    private const string Installing = "Installing the encoder";

    /// <inheritdoc/>
    public async Task<IngestReport> IngestAsync(
        IngestRequest request,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    )
    {
        // Everything that can be refused is refused before anything is created.
        var within = request.Text is null ? roots.Narrow(request.Roots) : roots;
        var indexer = new Indexer(within, paths, time);
        Func<Datastore, IngestJob, Task>? text = null;
        IReadOnlyList<string> sources = [];
        if (request.Text is null)
        {
            sources = ResolvePaths(request, within);
        }
        else
        {
            var (name, content) = TextSource.Require(request);
            text = (datastore, job) => indexer.IndexTextAsync(datastore, name, content, job);
        }

        Limits.RequireWait(request.Wait);
        var builder = memories[request.Memory].Builder;
        var builds = builder is null ? null : new MemoryTarget(builder.Kind, decoders.Require(name: null));
        var datastore = datastores.OpenOrCreate(request.Datastore);
        var job = jobs.Start(
            JobKind.Ingest,
            request.Datastore,
            async job =>
            {
                using (await IndexingLock.AcquireAsync(datastore, job.Id, job.Cancellation))
                {
                    await (text?.Invoke(datastore, job) ?? Task.CompletedTask);
                    foreach (var source in sources)
                    {
                        await (
                            Path.Exists(source)
                                ? indexer.IndexPathAsync(datastore, source, request, job)
                                : indexer.RemovePathAsync(datastore, source, job)
                        );
                    }
                }

                await FinishAsync(datastore, job, () => ReadHistory(datastore, sources, within, job), builder);
            },
            builds
        );
        var report = await WaitAsync(job, request.Wait, progress, cancellation);
        RefuseFiles(sources, report);
        return report;
    }

    /// <summary>
    /// Somebody who names a file wants this file: when all that were named are skipped, that is an error.
    /// </summary>
    public static void RefuseFiles(IReadOnlyList<string> sources, IngestReport report)
    {
        var documents = report.Added + report.Updated + report.Unchanged + report.Renamed;
        if (documents == 0 && report.State.IsFinal() && report.Skipped.Count > 0 && sources.All(File.Exists))
        {
            var reasons = report.Skipped.Select(skipped => $"'{skipped.Path}' was not ingested: {skipped.Reason}");
            throw new ContextException($"path: {string.Join("; ", reasons)}. Name a text file or a directory.");
        }
    }

    /// <summary>Starts a job that encodes what a datastore still lacks; none when nothing is pending.</summary>
    public async Task<IngestJob?> ResumeAsync(string name, CancellationToken cancellation)
    {
        var datastore = datastores.Open(name);
        if (
            await encoders.FindAsync(cancellation) is not { } encoder
            || PendingDocuments.Count(datastore, encoder.Key) == 0
        )
        {
            return null;
        }

        return jobs.Start(JobKind.Encode, name, job => FinishAsync(datastore, job, history: null, builder: null));
    }

    /// <summary>Waits for the job of a handle; <paramref name="wait"/> null waits for its end.</summary>
    /// <exception cref="ContextException">The job is unknown.</exception>
    public Task<IngestReport> WaitAsync(
        string job,
        TimeSpan? wait,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    ) => WaitAsync(jobs.Get(job), wait, progress, cancellation);

    /// <summary>Waits for a job.</summary>
    private async Task<IngestReport> WaitAsync(
        IngestJob job,
        TimeSpan? wait,
        IProgress<IngestReport>? progress,
        CancellationToken cancellation
    )
    {
        using var listening = job.Listen(progress);
        await using var cancelling = cancellation.Register(job.Cancel);
        if (wait is { } limit)
        {
            await Task.WhenAny(job.Completion, Task.Delay(limit, time, cancellation));
        }
        else
        {
            await job.Completion;
        }

        if (cancellation.IsCancellationRequested)
        {
            await job.Completion;
        }

        cancellation.ThrowIfCancellationRequested();
        if (job.Error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return job.Report;
    }

    /// <summary>
    /// Reads the commits of sources in Git trees, and forgets those of sources that are gone; all where history is
    /// turned off.
    /// </summary>
    private void ReadHistory(Datastore datastore, IReadOnlyList<string> sources, AllowedRoots within, IngestJob job)
    {
        using (var snapshot = datastore.Snapshot())
        {
            var known = snapshot.Sources().Select(source => source.Path).ToHashSet(StringComparer.Ordinal);
            List<string> gone =
            [
                .. snapshot
                    .Commits.Sources()
                    .Select(source => source.Path)
                    .Where(path => !options.History || !known.Contains(path)),
            ];
            if (gone.Count > 0)
            {
                datastore.RemoveCommits(gone);
            }
        }

        var indexer = new HistoryIndexer(paths, time);
        foreach (var source in sources.Where(source => options.History && Path.Exists(source)))
        {
            var notes = indexer.Update(datastore, source, within, HistoryBounds.OfIngest, job.Cancellation);
            job.Update(report => report with { Notes = [.. report.Notes, .. notes] });
        }

        using var after = datastore.Snapshot();
        var commits = after.Commits.Count;
        job.Update(report => report with { Commits = commits });
    }

    /// <summary>Everything is indexed: encodes what is pending and says how the job ended.</summary>
    private async Task FinishAsync(Datastore datastore, IngestJob job, Action? history, IMemoryBuilder? builder)
    {
        int pending;
        using (var snapshot = datastore.Snapshot())
        {
            var passages = (int)snapshot.Documents.PassageCount;
            pending = PendingDocuments.Count(snapshot, encoders.Key);
            var isWatched = snapshot.Sources().Any(source => source.IsWatched);
            job.Update(report => report with { Passages = passages, PendingDocuments = pending, Watched = isWatched });
        }

        job.MarkIndexed();
        history?.Invoke();
        var state = pending > 0 ? await EncodeAsync(datastore, job) : IngestState.Complete;
        if (builder is not null)
        {
            await MemoryJobs.BuildAsync(datastore, builder, job.Builds?.Model, job);
        }

        job.Update(report => report with { State = state });
        var end = job.Report;
        logger.LogInformation(
            "{Job} on {Datastore}: {State}, {Added} added, {Updated} updated, {Removed} removed, {Tokens} tokens encoded in {Seconds:F1} s",
            end.Job,
            end.Datastore,
            end.State,
            end.Added,
            end.Updated,
            end.Removed,
            end.EncodedTokens,
            end.ElapsedSeconds
        );
    }

    /// <summary>Whether a note is of interest when the encoder is installed.</summary>
    private static bool IsLasting(string note) => !note.StartsWith(Installing, StringComparison.Ordinal);

    /// <summary>Encodes what is pending; tells how far that went.</summary>
    private async Task<IngestState> EncodeAsync(Datastore datastore, IngestJob job)
    {
        try
        {
            var encoder = await encoders.RequireAsync(new InstallProgress(job), job.Cancellation);
            job.Update(report => report with { Notes = [.. report.Notes.Where(IsLasting)] });
            await EncodeAsync(datastore, encoder, job);
            return IngestState.Complete;
        }
        catch (ModelException error)
        {
            job.Update(report =>
                report with
                {
                    Notes = [.. report.Notes, $"Lexical (BM25) search only: {error.Message}"],
                }
            );
            return IngestState.LexicalOnly;
        }
    }

    private async Task EncodeAsync(Datastore datastore, LoadedEncoder encoder, IngestJob job)
    {
        var waiting = PendingDocuments.Count(datastore, encoder.Key);
        job.Update(report => report with { PendingDocuments = waiting, DocumentsToEncode = waiting });
        if (waiting == 0)
        {
            return;
        }

        using var exclusive = await DatastoreLock.AcquireAsync(datastore, DatastoreLock.Embeddings, job.Cancellation);
        await new PendingEncoder(datastore, encoder, demands.Of(datastore.Name), questions).RunAsync(
            tokens =>
            {
                var pending = PendingDocuments.Count(datastore, encoder.Key);
                job.Update(report =>
                    report with
                    {
                        EncodedTokens = report.EncodedTokens + tokens,
                        PendingDocuments = pending,
                    }
                );
            },
            job.Cancellation
        );
        if (job.Report.PendingDocuments > 0)
        {
            var name = job.Datastore;
            job.Update(report =>
                report with
                {
                    Notes =
                    [
                        .. report.Notes,
                        $"{report.PendingDocuments} documents have damaged passages, which were not encoded: run "
                            + $"`mcp-long-context datastores verify {name} --repair`, then ingest again.",
                    ],
                }
            );
        }
    }

    private IReadOnlyList<string> ResolvePaths(IngestRequest request, AllowedRoots within)
    {
        if (request.Name is not null)
        {
            throw new ContextException("name: goes with text; a path is known by itself.");
        }

        return request.Paths.Count == 0
            ? throw new ContextException("path: missing; give a file or a directory, or text and name.")
            : [.. request.Paths.Select(Resolve)];

        string Resolve(string path) =>
            DocumentPaths.IsPath(path)
                ? ResolvePath(request.Datastore, paths.Identify(path), within)
                : throw new ContextException(
                    $"path: '{Printable.Path(path)}' is not a path; name a file or a directory."
                );
    }

    /// <summary>
    /// Resolves a path at which something exists, or of which something is stored that has vanished since.
    /// </summary>
    private string ResolvePath(string datastore, string path, AllowedRoots within)
    {
        var resolved = within.ResolveAny(path);
        var isVanished =
            !Path.Exists(resolved)
            && datastores.Names.Contains(datastore, StringComparer.Ordinal)
            && Indexer.IsStored(datastores.Open(datastore), resolved);
        return isVanished ? resolved : within.Resolve(path);
    }

    /// <summary>Shows the installation of the encoder in the notes of a job.</summary>
    private sealed class InstallProgress(IngestJob job) : IProgress<ModelProgress>
    {
        public void Report(ModelProgress value)
        {
            var note =
                value.Total > 0
                    ? $"{Installing}, once: {value.Done >> 20} of {value.Total >> 20} MB."
                    : Installing + ", once.";
            job.Update(report => report with { Notes = [.. report.Notes.Where(IsLasting), note] });
        }
    }
}
