using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Dashboard.Rendering;
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
        pages.MapGet("/ask", Show);
        pages.MapGet("/ask/answer", ShowAnswer);
        pages.MapPost("/ask", Start);
        pages.MapPost("/ask/stop", Stop);
    }

    private static IResult Show(DatastoreRegistry datastores, AskRuns runs)
    {
        var form = runs.Latest?.Form ?? new AskForm("", "default", MemoryKind.Unlimiformer, UsualTokens);
        return View.Of<AskPage, AskModel>(new(datastores.Names, runs.Latest, form));
    }

    private static IResult ShowAnswer(AskRuns runs, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(runs.Latest is { IsActive: true });
        return View.Of<Answer, AskRun?>(runs.Latest);
    }

    private static IResult Start(
        DatastoreRegistry datastores,
        AskRuns runs,
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
            runs.Start(form);
            return Results.LocalRedirect("/ask");
        }
        catch (ContextException refusal)
        {
            var model = new AskModel(datastores.Names, runs.Latest, form) { Refusal = refusal.Message };
            return View.Of<AskPage, AskModel>(model, StatusCodes.Status400BadRequest);
        }
    }

    private static IResult Stop(AskRuns runs)
    {
        runs.Latest?.Cancel();
        return Results.LocalRedirect("/ask");
    }
}
