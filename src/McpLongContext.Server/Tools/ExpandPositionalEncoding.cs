using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Positions;
using McpLongContext.LongAttention.Positions;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>The tool that changes the window of a model.</summary>
internal sealed class ExpandPositionalEncoding(
    Lazy<ContextExtender> positions,
    ILogger<ExpandPositionalEncoding> logger
)
    : ContextTool<ExpandArguments, PositionReport>(
        new ToolText(
            "expand_positional_encoding",
            "Expand positional encoding",
            "Makes an installed local model take longer inputs than it was trained with, without training: linear, "
                + "ntk, yarn or llama3 scaling for rotary positions, recompute for sinusoidal tables, copy or "
                + "interpolation for learned ones. Use it when a text does not fit the window of a model. In force "
                + "from the model's next request on, kept until changed; new_length equal to the trained window "
                + "restores the model exactly. Returns old and new length, the memory of a full window, and how far "
                + "a short text is read differently now. Stored documents and keys stay valid."
        ),
        new ToolAnnotations
        {
            ReadOnlyHint = false,
            DestructiveHint = false,
            IdempotentHint = true,
        },
        logger
    )
{
    /// <inheritdoc/>
    protected override async Task<ToolResult<PositionReport>> RunAsync(
        ExpandArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    )
    {
        var report = await positions.Value.ExpandAsync(
            new PositionRequest(arguments.Model, arguments.NewLength, arguments.Method),
            cancellation
        );
        return new(PositionText.Render(report), report);
    }
}

/// <summary>The arguments of <see cref="ExpandPositionalEncoding"/>.</summary>
internal sealed record ExpandArguments(
    [property: Description("An installed model, for example tinyllama-chat.")] string Model,
    [property: Description("The window to reach in tokens, from the trained one to 64 times that.")]
    [property: Range(1, int.MaxValue)]
        int NewLength,
    [property: Description("How; left out, yarn for rotary positions, copy for learned ones.")]
        PositionMethod? Method = null
);
