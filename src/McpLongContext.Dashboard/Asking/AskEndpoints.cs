using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.Visitors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Asking;

/// <summary>The page of long attention: a decoder writes from its window or from a decoder memory.</summary>
internal static class AskEndpoints
{
    private const int UsualTokens = 64;
    private const int MostTokens = 512;

    /// <summary>Maps the page.</summary>
    public static void MapAsking(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/ask", Show).Needs(Scopes.Read);
        pages.MapGet("/ask/answer", ShowAnswer).Needs(Scopes.Read);
        pages.MapPost("/ask", Start).Needs(Scopes.Read);
        pages.MapPost("/ask/stop", Stop).Needs(Scopes.Read);
    }

    private static IResult Show(DatastoreRegistry datastores, AskRuns runs, Visitor visitor)
    {
        var run = runs.LatestOf(visitor.Name);
        var form = run?.Form ?? new AskForm("", visitor.Access.UsualDatastore, MemoryKind.Unlimiformer, UsualTokens);
        return View.Of<AskPage, AskModel>(new(visitor.See(datastores.Names), run, form));
    }

    private static IResult ShowAnswer(AskRuns runs, Visitor visitor, HttpResponse response)
    {
        var run = runs.LatestOf(visitor.Name);
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(run is { IsActive: true });
        return View.Of<Answer, AskRun?>(run);
    }

    private static IResult Start(
        DatastoreRegistry datastores,
        AskRuns runs,
        Visitor visitor,
        [FromForm] string query,
        [FromForm] string datastore,
        [FromForm] MemoryKind kind,
        [FromForm] int tokens
    )
    {
        var form = new AskForm(query, datastore, kind, tokens);
        try
        {
            Limits.Require("tokens", tokens, 1, MostTokens);
            runs.Start(form, visitor.Name);
            return Results.LocalRedirect("/ask");
        }
        catch (ContextException refusal)
        {
            var model = new AskModel(visitor.See(datastores.Names), runs.LatestOf(visitor.Name), form)
            {
                Refusal = refusal.Message,
            };
            return View.Of<AskPage, AskModel>(model, StatusCodes.Status400BadRequest);
        }
    }

    private static IResult Stop(AskRuns runs, Visitor visitor)
    {
        runs.LatestOf(visitor.Name)?.Cancel();
        return Results.LocalRedirect("/ask");
    }
}
