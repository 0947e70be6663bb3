using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Protocol;

/// <summary>A prompt: named text arguments in, one user message out.</summary>
/// <param name="prompt">How it is listed.</param>
internal abstract class ContextPrompt(Prompt prompt) : McpServerPrompt
{
    /// <inheritdoc/>
    public override Prompt ProtocolPrompt => prompt;

    /// <inheritdoc/>
    public override IReadOnlyList<object> Metadata => [];

    /// <inheritdoc/>
    public sealed override ValueTask<GetPromptResult> GetAsync(
        RequestContext<GetPromptRequestParams> request,
        CancellationToken cancellation = default
    )
    {
        var arguments = (
            request.Params.Arguments ?? new Dictionary<string, System.Text.Json.JsonElement>()
        ).ToDictionary(argument => argument.Key, argument => argument.Value.ToString(), StringComparer.Ordinal);
        foreach (var argument in prompt.Arguments!.Where(argument => argument.Required == true))
        {
            if (string.IsNullOrWhiteSpace(arguments.GetValueOrDefault(argument.Name)))
            {
                throw new McpProtocolException(
                    $"{argument.Name}: missing; it is required ({argument.Description}).",
                    McpErrorCode.InvalidParams
                );
            }
        }

        return ValueTask.FromResult(
            new GetPromptResult
            {
                Description = prompt.Description,
                Messages =
                [
                    new PromptMessage
                    {
                        Role = Role.User,
                        Content = new TextContentBlock { Text = Write(arguments) },
                    },
                ],
            }
        );
    }

    /// <summary>Writes the message.</summary>
    protected abstract string Write(IReadOnlyDictionary<string, string> arguments);
}
