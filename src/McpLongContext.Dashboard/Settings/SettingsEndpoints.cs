using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Management;
using McpLongContext.Context.Positions;
using McpLongContext.Dashboard.Rendering;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Positions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Settings;

/// <summary>The page of the settings.</summary>
internal static class SettingsEndpoints
{
    /// <summary>Maps the page.</summary>
    public static void MapSettings(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/settings", Show);
        pages.MapPost("/settings", SaveAsync);
        pages.MapPost("/settings/reset", Reset);
        pages.MapPost("/settings/chunks", SetChunksAsync);
        pages.MapPost("/settings/positions", ExtendAsync);
    }

    private static IResult Show(
        ISettingsStore settings,
        DatastoreRegistry datastores,
        ModelStore models,
        string? saved
    ) =>
        Page(
            Model(settings, datastores, models) with
            {
                Done = saved is null ? "" : "Saved. In force from the next call on.",
            }
        );

    private static async Task<IResult> SaveAsync(
        ISettingsStore settings,
        DatastoreRegistry datastores,
        ModelStore models,
        HttpRequest request,
        CancellationToken cancellation
    )
    {
        var form = await request.ReadFormAsync(cancellation);
        var values = Setting.All.ToDictionary(
            setting => setting.Key,
            setting => form[setting.Key].ToString() is var text && setting.IsSwitch && text == "" ? "false" : text,
            StringComparer.Ordinal
        );
        return Try(
            settings,
            datastores,
            models,
            () =>
            {
                settings.Save(values);
                return Results.LocalRedirect("/settings?saved=yes");
            },
            values
        );
    }

    private static IResult Reset(ISettingsStore settings)
    {
        settings.Reset();
        return Results.LocalRedirect("/settings?saved=yes");
    }

    private static async Task<IResult> SetChunksAsync(
        ISettingsStore settings,
        DatastoreRegistry registry,
        ModelStore models,
        ChunkingManager chunking,
        [FromForm] string datastore,
        [FromForm] int size,
        [FromForm] double overlap,
        [FromForm] bool? existing,
        CancellationToken cancellation
    )
    {
        var request = new ChunkingRequest
        {
            Datastore = datastore,
            ChunkSize = size,
            Overlap = overlap,
            ApplyToExisting = existing == true,
        };
        return await TryAsync(
            settings,
            registry,
            models,
            async () =>
            {
                var report = await chunking.SetAsync(request, cancellation);
                var done =
                    $"Chunks of {report.Datastore}: {report.ChunkSize} tokens, overlap {report.Overlap}. "
                    + $"{report.PendingDocuments} documents wait for being encoded.";
                return Page(Model(settings, registry, models) with { Done = done });
            }
        );
    }

    private static Task<IResult> ExtendAsync(
        ISettingsStore settings,
        DatastoreRegistry datastores,
        ModelStore models,
        ContextExtender extender,
        [FromForm] string model,
        [FromForm] int length,
        [FromForm] string? method,
        CancellationToken cancellation
    ) =>
        TryAsync(
            settings,
            datastores,
            models,
            async () =>
            {
                PositionMethod? chosen = Enum.TryParse<PositionMethod>(method, out var named) ? named : null;
                var report = await extender.ExpandAsync(new PositionRequest(model, length, chosen), cancellation);
                return Page(
                    Model(settings, datastores, models) with
                    {
                        Positions = report,
                        Done = $"The window of {report.Model} has {report.NewLength} tokens from its next request on.",
                    }
                );
            }
        );

    private static IResult Try(
        ISettingsStore settings,
        DatastoreRegistry datastores,
        ModelStore models,
        Func<IResult> change,
        Dictionary<string, string> values
    )
    {
        try
        {
            return change();
        }
        catch (ContextException refusal)
        {
            return Page(
                Model(settings, datastores, models) with
                {
                    Refused = values,
                    Refusal = refusal.Message,
                },
                StatusCodes.Status400BadRequest
            );
        }
    }

    private static async Task<IResult> TryAsync(
        ISettingsStore settings,
        DatastoreRegistry datastores,
        ModelStore models,
        Func<Task<IResult>> change
    )
    {
        try
        {
            return await change();
        }
        catch (Exception refusal) when (Refusals.IsFixable(refusal))
        {
            return Page(
                Model(settings, datastores, models) with
                {
                    Refusal = refusal.Message,
                },
                StatusCodes.Status400BadRequest
            );
        }
    }

    private static SettingsModel Model(ISettingsStore settings, DatastoreRegistry datastores, ModelStore models) =>
        new(settings.Unlimiformer, datastores.Names, [.. models.List().Select(model => model.Name)]);

    private static IResult Page(SettingsModel model, int status = StatusCodes.Status200OK) =>
        View.Of<SettingsPage, SettingsModel>(model, status);
}
