using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Server.Output;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Protocol;

/// <summary>
/// A tool: a record of arguments in, a record of results out. The schemas are those of the two records, the arguments
/// are checked against theirs, and the result goes out twice: as text that an agent reads best, and as the record.
/// </summary>
/// <typeparam name="TArguments">The arguments; optional ones are constructor parameters with a default.</typeparam>
/// <typeparam name="TResult">The structured result.</typeparam>
internal abstract class ContextTool<TArguments, TResult> : McpServerTool, IScoped
    where TArguments : class
    where TResult : class
{
    private readonly JsonSerializerOptions _json;
    private readonly ILogger _logger;

    /// <summary>Creates a tool.</summary>
    /// <param name="text">The entry in the list of tools.</param>
    /// <param name="annotations">The effects of a call.</param>
    /// <param name="json">The form of the records as JSON.</param>
    /// <param name="logger">Told about defects.</param>
    protected ContextTool(ToolText text, ToolAnnotations annotations, JsonSerializerOptions json, ILogger logger)
    {
        annotations.Title = text.Title;
        var schemas = ToolSchemas.Of(text.Name);
        Scope = text.Scope;
        annotations.OpenWorldHint = false;
        (_json, _logger) = (json, logger);
        ProtocolTool = new Tool
        {
            Name = text.Name,
            Title = text.Title,
            Description = text.Description,
            InputSchema = schemas.Input,
            OutputSchema = schemas.Output,
            Annotations = annotations,
        };
    }

    /// <inheritdoc/>
    public override Tool ProtocolTool { get; }

    /// <inheritdoc/>
    public Scopes Scope { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<object> Metadata => [];

    /// <inheritdoc/>
    public sealed override async ValueTask<CallToolResult> InvokeAsync(
        RequestContext<CallToolRequestParams> request,
        CancellationToken cancellation = default
    )
    {
        var access = Access.Of(request.User);
        try
        {
            var given = ArgumentCheck.Apply(ProtocolTool.InputSchema, request.Params.Arguments);
            access.Apply(ProtocolTool, Scope, given);
            var arguments = JsonSerializer.SerializeToElement(given, _json);
            var result = await RunAsync(
                arguments.Deserialize<TArguments>(_json)!,
                new ToolCall(request.Server, request.Params.ProgressToken, access),
                cancellation
            );
            return new CallToolResult
            {
                Content = [new TextContentBlock { Text = result.Text }],
                StructuredContent = JsonSerializer.SerializeToElement(result.Structured, _json),
            };
        }
        catch (Exception error) when (UserError.Is(error))
        {
            return Failure(access.MessageOf(error));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _logger.LogError(error, "{Tool} failed", ProtocolTool.Name);
            return Failure(
                $"{ProtocolTool.Name} failed inside the server ({error.GetType().Name}: {error.Message}). "
                    + "This is a defect; the server's log has the details."
            );
        }
    }

    /// <summary>Does the tool's work.</summary>
    /// <exception cref="ContextException">The call cannot be done as asked; the message goes to the agent.</exception>
    protected abstract Task<ToolResult<TResult>> RunAsync(
        TArguments arguments,
        ToolCall call,
        CancellationToken cancellation
    );

    private static CallToolResult Failure(string message) =>
        new() { IsError = true, Content = [new TextContentBlock { Text = VisibleText.Lines(message) }] };
}

/// <summary>The entry of a tool in the list of tools.</summary>
/// <param name="Name">The name, in snake_case.</param>
/// <param name="Title">The name for people.</param>
/// <param name="Description">Purpose and use, under 1 KB.</param>
/// <param name="Scope">The kind of call.</param>
internal sealed record ToolText(string Name, string Title, string Description, Scopes Scope = Scopes.Read);

/// <summary>A tool's result in its two forms.</summary>
/// <param name="Text">The text that an agent reads.</param>
/// <param name="Structured">The same as a record.</param>
internal sealed record ToolResult<TResult>(string Text, TResult Structured);

/// <summary>The call that a tool answers.</summary>
/// <param name="Server">The session.</param>
/// <param name="ProgressToken">Where progress goes, when the client asked for it.</param>
/// <param name="Access">The permissions of the caller.</param>
internal sealed record ToolCall(McpServer Server, ProgressToken? ProgressToken, Access Access);
