using McpLongContext.Dashboard.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpLongContext.Dashboard.Performance;

/// <summary>The page of rates, latencies and queues.</summary>
internal static class PerformanceEndpoints
{
    /// <summary>Maps the page, and begins to measure.</summary>
    public static void MapPerformance(this IEndpointRouteBuilder pages)
    {
        pages.ServiceProvider.GetRequiredService<RecentMeasurements>();
        pages.MapGet("/performance", Show);
        pages.MapGet("/performance/tables", ShowTables);
    }

    private static IResult Show(RecentMeasurements measurements) =>
        View.Of<PerformancePage, PerformanceModel>(measurements.Summarize());

    private static IResult ShowTables(RecentMeasurements measurements, HttpResponse response)
    {
        response.Headers[LiveParts.NextHeader] = LiveParts.Next(isActive: false);
        return View.Of<PerformanceTables, PerformanceModel>(measurements.Summarize());
    }
}
