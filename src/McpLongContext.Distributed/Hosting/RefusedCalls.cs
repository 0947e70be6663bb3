using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Distributed.Hosting;

/// <summary>Refuses the calls that a cluster does not answer, with the remedy.</summary>
internal static class RefusedCalls
{
    private const string Pulled =
        "copy the datastore to a machine with 'mcp-long-context pull URL NAME', and ask there.";

    /// <summary>The arguments that are refused of each tool; without arguments, every call of it.</summary>
    private static readonly (string Tool, string[] Arguments, string Reason)[] s_refused =
    [
        ("set_chunking", [], "a cluster chunks all datastores alike; " + Pulled),
        ("expand_positional_encoding", [], "a model is installed on each silo by itself: use the command line there."),
        (
            "infer_long",
            ["datastore", "document", "path_glob"],
            "a silo reads texts and files, not the datastores of the cluster: give text; or " + Pulled
        ),
        ("query_long_context", ["memory"], "a cluster keeps no memories of decoders; " + Pulled),
        ("ingest_document", ["memory"], "a cluster keeps no memories of decoders; " + Pulled),
        ("ingest_document", ["watch"], "a cluster does not watch files: ingest again when they have changed."),
    ];

    /// <summary>Adds the refusals to a server.</summary>
    public static void Refuse(McpServerOptions options) =>
        options.Filters.Request.CallToolFilters.Add(next =>
            (request, cancellation) =>
                ReasonOf(request.Params) is { } reason
                    ? ValueTask.FromResult(
                        new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = reason }] }
                    )
                    : next(request, cancellation)
        );

    private static string? ReasonOf(CallToolRequestParams? call)
    {
        foreach (var (tool, arguments, reason) in s_refused.Where(refused => refused.Tool == call?.Name))
        {
            var given = Array.Find(arguments, name => IsGiven(call!, name));
            if (arguments.Length == 0 || given is not null)
            {
                return $"{given ?? tool}: {reason}";
            }
        }

        return null;
    }

    private static bool IsGiven(CallToolRequestParams call, string name) =>
        call.Arguments?.TryGetValue(name, out var value) == true
        && value.ToString() is not ("" or "window" or "False" or "false");
}
