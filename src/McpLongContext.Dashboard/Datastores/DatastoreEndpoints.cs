using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Jobs;
using McpLongContext.Context.Management;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.Visitors;
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
        pages.MapGet("/", All).Needs(Scopes.Read);
        pages.MapGet("/table", Table).Needs(Scopes.Read);
        pages.MapGet("/activity", ShowActivity).Needs(Scopes.Read);
        pages.MapPost("/ingest", IngestAsync).Needs(Scopes.Ingest);
        pages.MapPost("/jobs/{job}/cancel", CancelAsync).Needs(Scopes.Ingest);
        pages.MapGet("/datastores/{name}", One).Needs(Scopes.Read);
        pages.MapGet("/datastores/{name}/document", Document).Needs(Scopes.Read);
        pages.MapPost("/datastores/{name}/document/remove", RemoveDocumentAsync).Needs(Scopes.Admin);
        pages.MapPost("/datastores/{name}/verify", Verify).Needs(Scopes.Admin);
        pages.MapPost("/datastores/{name}/repair", Repair).Needs(Scopes.Admin);
        pages.MapPost("/datastores/{name}/compact", Compact).Needs(Scopes.Admin);
        pages.MapPost("/datastores/{name}/remove", RemoveAsync).Needs(Scopes.Admin);
    }

    private static IResult All(
        DatastoreManager datastores,
        JobRegistry jobs,
        MaintenanceTasks tasks,
        Visitor visitor
    ) =>
        View.Of<DatastoresPage, DatastoresModel>(
            new(ListOf(datastores, visitor), ActivityOf(jobs, tasks, visitor, datastore: null))
            {
                Datastore = visitor.Access.UsualDatastore,
            }
        );

    private static IResult Table(DatastoreManager datastores, Visitor visitor, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(isActive: false);
        return View.Of<DatastoreTable, IReadOnlyList<DatastoreSummary>>(ListOf(datastores, visitor));
    }

    private static IResult ShowActivity(
        JobRegistry jobs,
        MaintenanceTasks tasks,
        Visitor visitor,
        HttpResponse response,
        string? datastore
    )
    {
        var activity = ActivityOf(jobs, tasks, visitor, datastore);
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(activity.IsActive);
        return View.Of<Activity, ActivityModel>(activity);
    }

    private static async Task<IResult> IngestAsync(
        Ingestor ingestor,
        DatastoreManager datastores,
        JobRegistry jobs,
        MaintenanceTasks tasks,
        Visitor visitor,
        [FromForm] string path,
        [FromForm] string datastore
    )
    {
        try
        {
            var request = new IngestRequest
            {
                Paths = [path],
                Roots = visitor.Access.Roots,
                Datastore = datastore,
                Wait = TimeSpan.Zero,
            };
            await ingestor.IngestAsync(request, progress: null, CancellationToken.None);
            return Results.LocalRedirect("/#activity-title");
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            var model = new DatastoresModel(
                ListOf(datastores, visitor),
                ActivityOf(jobs, tasks, visitor, datastore: null)
            )
            {
                Path = path,
                Datastore = datastore,
                Refusal = visitor.Access.MessageOf(refusal),
            };
            return View.Of<DatastoresPage, DatastoresModel>(model, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> CancelAsync(JobRegistry jobs, Visitor visitor, string job)
    {
        // A job of a datastore that the visitor may not see is not told from none.
        if (jobs.Reports(job: null, visitor.Access.Allows).Any(report => report.Job == job))
        {
            await jobs.CancelAsync(job);
        }

        return Results.LocalRedirect("/#activity-title");
    }

    private static IResult One(
        DatastoreManager datastores,
        JobRegistry jobs,
        MaintenanceTasks tasks,
        Visitor visitor,
        string name,
        string? filter,
        int? page
    ) =>
        View.Of<DatastorePage, DatastoreModel>(
            new(datastores.Show(name), ActivityOf(jobs, tasks, visitor, name), filter ?? "", Math.Max(1, page ?? 1))
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

    private static IReadOnlyList<DatastoreSummary> ListOf(DatastoreManager datastores, Visitor visitor) =>
        [.. datastores.List().Where(one => visitor.Access.Allows(one.Name))];

    private static ActivityModel ActivityOf(
        JobRegistry jobs,
        MaintenanceTasks tasks,
        Visitor visitor,
        string? datastore
    )
    {
        return new(
            [.. jobs.Reports(job: null, IsShown).Reverse().Take(ShownJobs).Select(report => new JobProgress(report))],
            [.. tasks.All().Where(task => IsShown(task.Datastore))]
        );

        bool IsShown(string name) => visitor.Access.Allows(name) && (datastore is null || name == datastore);
    }
}
