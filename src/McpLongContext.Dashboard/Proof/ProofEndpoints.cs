using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Management;
using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Proof;

/// <summary>The page that measures search on the user's own documents.</summary>
internal static class ProofEndpoints
{
    private const int Drawn = 50;

    /// <summary>Maps the page.</summary>
    public static void MapProof(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(
            "/proof",
            (DatastoreRegistry datastores, ProofRuns runs) => Page(new(datastores.Names, runs.Latest))
        );
        pages.MapGet("/proof/results", Results);
        pages.MapPost("/proof", Start);
        pages.MapPost("/proof/draw", Draw);
    }

    private static IResult Results(ProofRuns runs, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(runs.Latest is { IsActive: true });
        return View.Of<ProofResults, ProofRun?>(runs.Latest);
    }

    private static IResult Start(
        DatastoreRegistry registry,
        ProofRuns runs,
        [FromForm] string datastore,
        [FromForm] string? queries
    )
    {
        var form = new ProofModel(registry.Names, runs.Latest) { Text = queries ?? "", Datastore = datastore };
        try
        {
            runs.Start(datastore, ProofQuery.Parse(form.Text));
            return Page(form with { Run = runs.Latest });
        }
        catch (ContextException refusal)
        {
            return Page(form with { Refusal = refusal.Message }, StatusCodes.Status400BadRequest);
        }
    }

    private static IResult Draw(
        DatastoreManager datastores,
        DatastoreRegistry registry,
        ProofRuns runs,
        [FromForm] string datastore
    )
    {
        var drawn = datastores
            .Show(datastore)
            .Documents.Where(document => document.Kind == "code")
            .Select(document => DrawnQueries.Of(document.Path, TextOf(document.Path)))
            .OfType<ProofQuery>()
            .Take(Drawn)
            .ToList();
        return Page(
            new ProofModel(registry.Names, runs.Latest)
            {
                Datastore = datastore,
                Text = string.Join('\n', drawn),
                Refusal = drawn.Count > 0 ? "" : $"No document of '{datastore}' has a documentation comment.",
            }
        );

        string TextOf(string path) => datastores.Read(datastore, path, startLine: null, endLine: null).Text;
    }

    private static IResult Page(ProofModel model, int status = StatusCodes.Status200OK) =>
        View.Of<ProofPage, ProofModel>(model, status);
}
