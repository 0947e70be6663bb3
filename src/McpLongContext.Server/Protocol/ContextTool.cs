using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Server.Output;
using Microsoft.Extensions.AI;
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
    private readonly ILogger _logger;

    protected ContextTool(ToolText text, ToolAnnotations annotations, ILogger logger)
    {
        annotations.Title = text.Title;
        Scope = text.Scope;
        annotations.OpenWorldHint = false;
        _logger = logger;
        ProtocolTool = new Tool
        {
            Name = text.Name,
            Title = text.Title,
            Description = text.Description,
            InputSchema = InputSchema(),
            OutputSchema = OutputSchema(),
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
            var arguments = JsonSerializer.SerializeToElement(given, ContextJson.Options);
            var result = await RunAsync(
                arguments.Deserialize<TArguments>(ContextJson.Options)!,
                new ToolCall(request.Server, request.Params.ProgressToken, access),
                cancellation
            );
            return new CallToolResult
            {
                Content = [new TextContentBlock { Text = result.Text }],
                StructuredContent = JsonSerializer.SerializeToElement(result.Structured, ContextJson.Options),
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

    // Optional arguments are left out or given; that they may also be null is our leniency, and no client is told to
    // send it: some reject type lists in an input schema.
    private static JsonElement InputSchema()
    {
        var schema = AIJsonUtilities.CreateJsonSchema(
            typeof(TArguments),
            serializerOptions: ContextJson.Options,
            inferenceOptions: new()
            {
                IncludeSchemaKeyword = false,
                TransformSchemaNode = static (_, node) => WithoutNull(node),
            }
        );
        var strict = JsonObject.Create(schema)!;
        strict.TryAdd("properties", new JsonObject());
        strict["additionalProperties"] = false;
        return JsonSerializer.SerializeToElement(strict, ContextJson.Options);
    }

    // Every agent pays for the schemas in every session, and reads the text of a result: the schema names the members
    // that every result has, and their types, without those inside them.
    private static JsonElement OutputSchema()
    {
        var schema = AIJsonUtilities.CreateJsonSchema(
            typeof(TResult),
            serializerOptions: ContextJson.Options,
            inferenceOptions: new() { IncludeSchemaKeyword = false }
        );
        var required = schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).ToArray();
        var members = required.Select(name => KeyValuePair.Create<string, JsonNode?>(name, OutlineOf(schema, name)));
        var outline = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(members),
            ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
        };
        return JsonSerializer.SerializeToElement(outline, ContextJson.Options);
    }

    // A member that may be null has no type, because some clients read one type a schema only.
    private static JsonObject OutlineOf(JsonElement schema, string member) =>
        schema.GetProperty("properties").GetProperty(member).TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String
            ? new JsonObject { ["type"] = type.GetString() }
            : [];

    // A schema of one type has no choice of another.
    private static void RemoveNullChoice(JsonObject schema)
    {
        if (schema["enum"] is JsonArray choices)
        {
            schema["enum"] = new JsonArray([
                .. choices.Where(choice => choice is not null).Select(choice => choice!.DeepClone()),
            ]);
        }
    }

    private static JsonNode WithoutNull(JsonNode node)
    {
        if (node is JsonObject schema)
        {
            if (schema["type"] is JsonArray types)
            {
                schema["type"] = types.Select(type => type!.GetValue<string>()).Single(type => type != "null");
                RemoveNullChoice(schema);
            }

            if (schema.TryGetPropertyValue("default", out var value) && value is null)
            {
                schema.Remove("default");
            }

            // The most that the type can hold is no limit to tell.
            if (schema["maximum"]?.ToJsonString() == int.MaxValue.ToString(CultureInfo.InvariantCulture))
            {
                schema.Remove("maximum");
            }
        }

        return node;
    }
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
