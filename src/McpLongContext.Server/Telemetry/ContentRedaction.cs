using System.Diagnostics;
using OpenTelemetry;

namespace McpLongContext.Server.Telemetry;

/// <summary>
/// Removes from the activities of libraries what belongs to the user: the URI of a resource, the path and the query of a
/// page, and the text of an error, which may quote any of them.
/// </summary>
internal sealed class ContentRedaction : BaseProcessor<Activity>
{
    private static readonly string[] s_content = ["mcp.resource.uri", "url.path", "url.query", "url.full"];

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        foreach (var name in s_content)
        {
            data.SetTag(name, null);
        }

        data.SetStatus(data.Status);
    }
}
