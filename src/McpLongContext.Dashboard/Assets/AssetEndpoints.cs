using System.Security.Cryptography;
using McpLongContext.Context.Contracts;
using McpLongContext.Dashboard.Visitors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpLongContext.Dashboard.Assets;

/// <summary>Style, script and icon, resources of the assembly.</summary>
internal static class AssetEndpoints
{
    /// <summary>Part of every address, so that a browser keeps the files for good.</summary>
    public static string Version { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData([.. Read("dashboard.css"), .. Read("dashboard.js"), .. Read("icon.svg")])
        )[..12];

    /// <summary>The address of an asset.</summary>
    public static string Of(string name) => $"/assets/{Version}/{name}";

    /// <summary>Maps the assets.</summary>
    public static void MapAssets(this IEndpointRouteBuilder pages)
    {
        Map(pages, "dashboard.css", "text/css; charset=utf-8");
        Map(pages, "dashboard.js", "text/javascript; charset=utf-8");
        Map(pages, "icon.svg", "image/svg+xml");
    }

    private static void Map(IEndpointRouteBuilder pages, string name, string type)
    {
        var content = Read(name);
        pages
            .MapGet(
                Of(name),
                (HttpResponse response) =>
                {
                    response.Headers.CacheControl = "public, max-age=31536000, immutable";
                    return Results.Bytes(content, type);
                }
            )
            .Needs(Scopes.None)
            .AllowAnonymous();
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(AssetEndpoints).Assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
