using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.EndToEnd.Conformance;

/// <summary>The resources that the conformance suite reads, by its addresses.</summary>
[McpServerResourceType]
internal sealed class FixtureResources
{
    [McpServerResource(UriTemplate = "test://static-text", Name = "Static text", MimeType = "text/plain")]
    [Description("A text.")]
    public static string Text() => "This is the content of the static text resource.";

    [McpServerResource(UriTemplate = "test://static-binary", Name = "Static binary", MimeType = "image/png")]
    [Description("An image.")]
    public static BlobResourceContents Binary() =>
        BlobResourceContents.FromBytes(FixtureData.Image, "test://static-binary", "image/png");

    [McpServerResource(UriTemplate = "test://template/{id}/data", Name = "Template", MimeType = "application/json")]
    [Description("A resource of a template.")]
    public static TextResourceContents OfTemplate(string id) =>
        new()
        {
            Uri = $"test://template/{id}/data",
            MimeType = "application/json",
            Text = $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""",
        };
}
