using McpLongContext.Dashboard.Asking;
using McpLongContext.Dashboard.Assets;
using McpLongContext.Dashboard.Cluster;
using McpLongContext.Dashboard.Datastores;
using McpLongContext.Dashboard.Performance;
using McpLongContext.Dashboard.Proof;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Dashboard.Scanning;
using McpLongContext.Dashboard.Search;
using McpLongContext.Dashboard.Settings;
using McpLongContext.Dashboard.Training;
using McpLongContext.Dashboard.Visitors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpLongContext.Dashboard;

/// <summary>The dashboard: pages for people over the services that tools and commands use.</summary>
internal static class DashboardEndpoints
{
    /// <summary>Adds what the pages need beside the services of Context.</summary>
    public static IServiceCollection AddDashboard(this IServiceCollection services) =>
        services
            .AddHttpContextAccessor()
            .AddScoped<Visitor>()
            .AddSingleton<MaintenanceTasks>()
            .AddSingleton<RecentMeasurements>()
            .AddSingleton<AskRuns>()
            .AddSingleton<ProofRuns>()
            .AddSingleton<ScanRuns>()
            .AddSingleton<TrainingRuns>();

    /// <summary>Maps the pages at the root of the server.</summary>
    /// <returns>The group of the pages.</returns>
    public static RouteGroupBuilder MapDashboard(this IEndpointRouteBuilder endpoints)
    {
        var pages = endpoints.MapPages();
        pages.MapDatastores();
        pages.MapSearch();
        pages.MapSettings();
        pages.MapAsking();
        pages.MapProof();
        pages.MapScanning();
        pages.MapTraining();
        pages.MapPerformance();
        return pages;
    }

    /// <summary>Maps the page of a cluster at the root of a silo.</summary>
    /// <returns>The group of the pages.</returns>
    public static RouteGroupBuilder MapClusterDashboard(this IEndpointRouteBuilder endpoints)
    {
        var pages = endpoints.MapPages();
        pages.MapCluster();
        return pages;
    }

    private static RouteGroupBuilder MapPages(this IEndpointRouteBuilder endpoints)
    {
        // Forms of other sites are refused by their Origin; a token in each form would need keys on disk.
        var pages = endpoints
            .MapGroup("")
            .DisableAntiforgery()
            .AddEndpointFilter<SecurityHeaders>()
            .AddEndpointFilter<OwnForms>()
            .AddEndpointFilter<Permission>()
            .AddEndpointFilter<Refusals>();
        pages.MapAssets();
        return pages;
    }
}
