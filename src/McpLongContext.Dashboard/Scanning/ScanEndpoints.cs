using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Inference.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Scanning;

/// <summary>The page of scans: where a bit model expects a file least.</summary>
internal static class ScanEndpoints
{
    private const int UsualTop = 10;
    private const int MostTop = 100;

    /// <summary>Maps the page.</summary>
    public static void MapScanning(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/scan", Show);
        pages.MapGet("/scan/result", ShowResult);
        pages.MapPost("/scan", Start);
        pages.MapPost("/scan/stop", Stop);
    }

    private static IResult Show(ModelStore models, ScanRuns runs) =>
        View.Of<ScanPage, ScanModel>(
            new(ModelsOf(models), runs.Latest, runs.Latest?.Form ?? new ScanForm("", "", UsualTop))
        );

    private static IResult ShowResult(ScanRuns runs, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(runs.Latest is { IsActive: true });
        return View.Of<ScanResult, ScanRun?>(runs.Latest);
    }

    private static IResult Start(
        ModelStore models,
        ScanRuns runs,
        [FromForm] string file,
        [FromForm] string? model,
        [FromForm] int top
    )
    {
        var form = new ScanForm(file.Trim(), model ?? "", top);
        try
        {
            Limits.Require("top", top, 1, MostTop);
            runs.Start(form);
            return Results.LocalRedirect("/scan");
        }
        catch (ContextException refusal)
        {
            var page = new ScanModel(ModelsOf(models), runs.Latest, form) { Refusal = refusal.Message };
            return View.Of<ScanPage, ScanModel>(page, StatusCodes.Status400BadRequest);
        }
    }

    private static IResult Stop(ScanRuns runs)
    {
        runs.Latest?.Cancel();
        return Results.LocalRedirect("/scan");
    }

    private static string[] ModelsOf(ModelStore models) =>
        [.. models.List().Where(model => model.Entry.Purpose == ModelEntry.Bits).Select(model => model.Name)];
}
