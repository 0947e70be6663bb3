using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Management;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.Visitors;
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
        pages.MapGet("/proof", Show).Needs(Scopes.Read);
        pages.MapGet("/proof/results", Results).Needs(Scopes.Read);
        pages.MapPost("/proof", Start).Needs(Scopes.Read);
        pages.MapPost("/proof/draw", Draw).Needs(Scopes.Read);
    }

    private static IResult Show(DatastoreRegistry datastores, ProofRuns runs, Visitor visitor) =>
        Page(ModelOf(datastores, runs, visitor) with { Datastore = visitor.Access.UsualDatastore });

    private static IResult Results(ProofRuns runs, Visitor visitor, HttpResponse response)
    {
        var run = runs.LatestOf(visitor.Name);
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(run is { IsActive: true });
        return View.Of<ProofResults, ProofRun?>(run);
    }

    private static IResult Start(
        DatastoreRegistry registry,
        ProofRuns runs,
        Visitor visitor,
        [FromForm] string datastore,
        [FromForm] string? queries
    )
    {
        var form = ModelOf(registry, runs, visitor) with { Text = queries ?? "", Datastore = datastore };
        try
        {
            runs.Start(datastore, ProofQuery.Parse(form.Text), visitor.Name);
            return Page(form with { Run = runs.LatestOf(visitor.Name) });
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
        Visitor visitor,
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
            ModelOf(registry, runs, visitor) with
            {
                Datastore = datastore,
                Text = string.Join('\n', drawn),
                Refusal = drawn.Count > 0 ? "" : $"No document of '{datastore}' has a documentation comment.",
            }
        );

        string TextOf(string path) => datastores.Read(datastore, path, startLine: null, endLine: null).Text;
    }

    private static ProofModel ModelOf(DatastoreRegistry registry, ProofRuns runs, Visitor visitor) =>
        new(visitor.See(registry.Names), runs.LatestOf(visitor.Name));

    private static IResult Page(ProofModel model, int status = StatusCodes.Status200OK) =>
        View.Of<ProofPage, ProofModel>(model, status);
}
