using System.Text.Json;
using McpLongContext.Context.Contracts;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Server.Protocol;

/// <summary>Holds the calls of tools to the permissions of their callers.</summary>
internal static class ToolAccess
{
    private const string DatastoreArgument = "datastore";
    private const string ModelArgument = "model";

    /// <summary>Arguments that mean documents of a datastore, which is the default one where none is named.</summary>
    private static readonly string[] s_documents = ["document", "path_glob"];

    /// <summary>Arguments that are read instead of a datastore.</summary>
    private static readonly string[] s_contents = ["text", "bits", "file"];

    /// <summary>
    /// Refuses a call that is not permitted; where the datastore is left out, it is the first of the token.
    /// </summary>
    /// <exception cref="ContextException">The call is not permitted.</exception>
    public static void Apply(this Access access, Tool tool, Scopes scope, Dictionary<string, JsonElement> arguments)
    {
        if (!access.Allows(scope))
        {
            throw new ContextException(
                $"{tool.Name}: the token lacks the scope {Access.NameOf(scope)}; use another token."
            );
        }

        if (
            scope == Scopes.Admin
            && !access.IsOperator
            && (!HasDatastore(tool, out _) || arguments.ContainsKey(ModelArgument))
        )
        {
            throw new ContextException(
                $"{tool.Name}: a model is of the whole server; use a token without a list of datastores or roots."
            );
        }

        if (access.Datastores.Count == 0 || !HasDatastore(tool, out var schema))
        {
            return;
        }

        if (arguments.TryGetValue(DatastoreArgument, out var named))
        {
            access.Require(named.GetString()!);
        }
        else if (
            schema.TryGetProperty("default", out _)
            || s_documents.Any(arguments.ContainsKey)
            || IsOfMemory(arguments)
        )
        {
            access.Require(access.UsualDatastore);
            arguments[DatastoreArgument] = JsonSerializer.SerializeToElement(
                access.UsualDatastore,
                ContextJson.Options
            );
        }
    }

    private static bool HasDatastore(Tool tool, out JsonElement schema) =>
        tool.InputSchema.GetProperty("properties").TryGetProperty(DatastoreArgument, out schema);

    /// <summary>An instruction without a text is about the memory of a datastore.</summary>
    private static bool IsOfMemory(Dictionary<string, JsonElement> arguments) =>
        arguments.ContainsKey("instruction") && !s_contents.Any(arguments.ContainsKey);
}
