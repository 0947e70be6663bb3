using System.ComponentModel;
using McpLongContext.Context.Contracts;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

#pragma warning disable MCP9005 // Sampling and logging are deprecated, and the suite asks for them.
namespace McpLongContext.EndToEnd.Conformance;

/// <summary>The tools that the conformance suite calls, by its names, with the results that it expects.</summary>
[McpServerToolType]
internal sealed class FixtureTools
{
    [McpServerTool(Name = "test_simple_text"), Description("A text.")]
    public static string SimpleText() => "This is a simple text response for testing.";

    [McpServerTool(Name = "test_image_content"), Description("An image.")]
    public static ImageContentBlock Image() => ImageContentBlock.FromBytes(FixtureData.Image, "image/png");

    [McpServerTool(Name = "test_audio_content"), Description("A sound.")]
    public static AudioContentBlock Audio() => AudioContentBlock.FromBytes(FixtureData.Audio, "audio/wav");

    [McpServerTool(Name = "test_embedded_resource"), Description("A resource inside the result.")]
    public static EmbeddedResourceBlock EmbeddedResource() =>
        new()
        {
            Resource = new TextResourceContents
            {
                Uri = "test://embedded-resource",
                MimeType = "text/plain",
                Text = "This is an embedded resource content.",
            },
        };

    [McpServerTool(Name = "test_multiple_content_types"), Description("Text, image and resource.")]
    public static ContentBlock[] Mixed() =>
        [
            new TextContentBlock { Text = "Multiple content types test:" },
            Image(),
            new EmbeddedResourceBlock
            {
                Resource = new TextResourceContents
                {
                    Uri = "test://mixed-content-resource",
                    MimeType = "application/json",
                    Text = """{"test":"data","value":123}""",
                },
            },
        ];

    [McpServerTool(Name = "test_tool_with_progress"), Description("Three notifications of progress.")]
    public static async Task<string> ProgressAsync(
        McpServer server,
        RequestContext<CallToolRequestParams> request,
        CancellationToken cancellation
    )
    {
        foreach (var share in (float[])[0, 50, 100])
        {
            if (request.Params.ProgressToken is { } token)
            {
                await server.NotifyProgressAsync(
                    token,
                    new ProgressNotificationValue { Progress = share, Total = 100 },
                    cancellationToken: cancellation
                );
            }
        }

        return "Done.";
    }

    [McpServerTool(Name = "test_error_handling"), Description("An error.")]
    public static string Error() => throw new ContextException("This tool intentionally returns an error for testing");

    [McpServerTool(Name = "test_missing_capability"), Description("Needs a client that samples.")]
    public static string NeedsSampling(McpServer server) =>
        server.ClientCapabilities?.Sampling is not null
            ? "The client samples."
            : throw new MissingRequiredClientCapabilityException(
                new ClientCapabilities { Sampling = new() },
                "The capability sampling is required, and the client has not declared it."
            );

    [McpServerTool(Name = "test_streaming_elicitation"), Description("A result without requests before it.")]
    public static string OnlyResult() => "No request stands before this result.";

    [McpServerTool(Name = "test_tool_with_logging"), Description("Three log entries.")]
    public static string Logging(McpServer server)
    {
        var logger = LoggerOf(server);
        logger.LogInformation("Tool execution started");
        logger.LogInformation("Tool processing data");
        logger.LogInformation("Tool execution completed");
        return "Done.";
    }

    [McpServerTool(Name = "test_logging_tool"), Description("A log entry, for a client that asks for it.")]
    public static string Log(McpServer server)
    {
        LoggerOf(server).LogInformation("The tool runs.");
        return "Done.";
    }

    private static ILogger LoggerOf(McpServer server) =>
        server.AsClientLoggerProvider().CreateLogger(nameof(FixtureTools));
}
