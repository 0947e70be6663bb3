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
            "Lengthens the window of an installed local model without training, from its next request on. "
                + "Use it when a text does not fit the window; the trained length restores the model exactly. "
                + "Returns both lengths, the memory of a full window, and how much a short text is read "
                + "differently.",
            Scopes.Admin
        ),
        new ToolAnnotations
        {
            ReadOnlyHint = false,
            DestructiveHint = false,
            IdempotentHint = true,
        },
        ToolJson.Options,
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
    [property: Description("For example tinyllama-chat.")] string Model,
    [property: Description("Tokens, up to 64 times the trained window.")]
    [property: Range(1, int.MaxValue)]
        int NewLength,
    [property: Description("Left out, yarn for rotary positions, copy for learned ones.")] PositionMethod? Method = null
);
