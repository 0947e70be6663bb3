using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Training;

/// <summary>The page of the trainings, and its plots.</summary>
internal static class TrainingEndpoints
{
    /// <summary>Maps the page.</summary>
    public static void MapTraining(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/training", Show);
        pages.MapGet("/training/plot", Plot);
    }

    private static IResult Show(TrainingRuns runs, string? run)
    {
        var all = runs.All();
        var shown =
            run is not null ? runs.Get(run)
            : all is [var latest, ..] ? latest
            : null;
        return View.Of<TrainingPage, TrainingModel>(new(runs.Folder, all, shown));
    }

    private static IResult Plot(TrainingRuns runs, string run, string name, bool? dark) =>
        TrainingPlot.Draw(runs.Get(run), name, dark == true) is { } svg
            ? Results.Text(svg, "image/svg+xml")
            : Results.NotFound();
}
