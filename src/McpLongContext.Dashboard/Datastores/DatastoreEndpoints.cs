using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Management;
using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>The pages of datastores, their documents and jobs.</summary>
internal static class DatastoreEndpoints
{
    private const int ShownJobs = 8;

    /// <summary>Maps the pages.</summary>
    public static void MapDatastores(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", All);
        pages.MapGet("/table", Table);
        pages.MapGet("/activity", ShowActivity);
        pages.MapPost("/ingest", IngestAsync);
        pages.MapPost("/jobs/{job}/cancel", CancelAsync);
        pages.MapGet("/datastores/{name}", One);
        pages.MapGet("/datastores/{name}/document", Document);
        pages.MapPost("/datastores/{name}/document/remove", RemoveDocumentAsync);
        pages.MapPost("/datastores/{name}/verify", Verify);
        pages.MapPost("/datastores/{name}/repair", Repair);
        pages.MapPost("/datastores/{name}/compact", Compact);
        pages.MapPost("/datastores/{name}/remove", RemoveAsync);
    }

    private static IResult All(DatastoreManager datastores, JobRegistry jobs, MaintenanceTasks tasks) =>
        View.Of<DatastoresPage, DatastoresModel>(new(datastores.List(), ActivityOf(jobs, tasks, datastore: null)));

    private static IResult Table(DatastoreManager datastores, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(isActive: false);
        return View.Of<DatastoreTable, IReadOnlyList<DatastoreSummary>>(datastores.List());
    }

    private static IResult ShowActivity(
        JobRegistry jobs,
        MaintenanceTasks tasks,
        HttpResponse response,
        string? datastore
    )
    {
        var activity = ActivityOf(jobs, tasks, datastore);
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(activity.IsActive);
        return View.Of<Activity, ActivityModel>(activity);
    }

    private static async Task<IResult> IngestAsync(
        Ingestor ingestor,
        DatastoreManager datastores,
        JobRegistry jobs,
        MaintenanceTasks tasks,
        [FromForm] string path,
        [FromForm] string datastore
    )
    {
        try
        {
            var request = new IngestRequest
            {
                Paths = [path],
                Datastore = datastore,
                Wait = TimeSpan.Zero,
            };
            await ingestor.IngestAsync(request, progress: null, CancellationToken.None);
            return Results.LocalRedirect("/#activity-title");
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            var model = new DatastoresModel(datastores.List(), ActivityOf(jobs, tasks, datastore: null))
            {
                Path = path,
                Datastore = datastore,
                Refusal = refusal.Message,
            };
            return View.Of<DatastoresPage, DatastoresModel>(model, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> CancelAsync(JobRegistry jobs, string job)
    {
        await jobs.CancelAsync(job);
        return Results.LocalRedirect("/#activity-title");
    }

    private static IResult One(
        DatastoreManager datastores,
        JobRegistry jobs,
        MaintenanceTasks tasks,
        string name,
        string? filter,
        int? page
    ) =>
        View.Of<DatastorePage, DatastoreModel>(
            new(datastores.Show(name), ActivityOf(jobs, tasks, name), filter ?? "", Math.Max(1, page ?? 1))
        );

    private static IResult Document(DatastoreManager datastores, string name, string path, int? line)
    {
        var asked = Math.Max(1, line ?? 1);
        var first = ((asked - 1) / DocumentModel.PageLines * DocumentModel.PageLines) + 1;
        var text = datastores.Read(name, path, first, first + DocumentModel.PageLines - 1);
        if (text.Text.Length > DocumentModel.LargestText)
        {
            throw new ContextException(
                $"lines: {first}-{text.EndLine} of '{path}' are too long for a page; read the file itself."
            );
        }

        return View.Of<DocumentPage, DocumentModel>(new(name, text, asked));
    }

    private static async Task<IResult> RemoveDocumentAsync(
        DatastoreManager datastores,
        string name,
        [FromForm] string path,
        CancellationToken cancellation
    )
    {
        await datastores.RemoveDocumentAsync(name, path, cancellation);
        return Results.LocalRedirect(DatastoreAddress.Of(name));
    }

    private static IResult Verify(DatastoreManager datastores, MaintenanceTasks tasks, string name) =>
        Begin(
            tasks,
            name,
            "Verify",
            async cancellation => Outcome(await datastores.VerifyAsync(name, repair: false, cancellation))
        );

    private static IResult Repair(DatastoreManager datastores, MaintenanceTasks tasks, string name) =>
        Begin(
            tasks,
            name,
            "Repair",
            async cancellation => Outcome(await datastores.VerifyAsync(name, repair: true, cancellation))
        );

    private static IResult Compact(DatastoreManager datastores, MaintenanceTasks tasks, string name) =>
        Begin(
            tasks,
            name,
            "Compact",
            async cancellation =>
            {
                var report = await datastores.CompactAsync(name, cancellation);
                return $"{Text.Amount.Bytes(report.BytesBefore)} before, {Text.Amount.Bytes(report.BytesAfter)} after.";
            }
        );

    private static async Task<IResult> RemoveAsync(
        DatastoreManager datastores,
        string name,
        CancellationToken cancellation
    )
    {
        await datastores.RemoveAsync(name, cancellation);
        return Results.LocalRedirect("/");
    }

    private static IResult Begin(
        MaintenanceTasks tasks,
        string datastore,
        string work,
        Func<CancellationToken, Task<string>> run
    )
    {
        tasks.Start(work, datastore, run);
        return Results.LocalRedirect(DatastoreAddress.Of(datastore));
    }

    private static string Outcome(VerifyReport report) =>
        report.Sound ? "Sound: nothing was found."
        : report.Repaired ? $"Repaired; ingest again to renew what was dropped.\n{string.Join('\n', report.Findings)}"
        : $"Damaged; repair it, then ingest again.\n{string.Join('\n', report.Findings)}";

    private static ActivityModel ActivityOf(JobRegistry jobs, MaintenanceTasks tasks, string? datastore) =>
        new(
            [
                .. jobs.Reports(job: null, name => datastore is null || name == datastore)
                    .Reverse()
                    .Take(ShownJobs)
                    .Select(report => new JobProgress(report)),
            ],
            [.. tasks.All().Where(task => datastore is null || task.Datastore == datastore)]
        );
}
