using System.Text.Json;
using System.Text.Json.Serialization;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Tools;

/// <summary>
/// How the records of the tools look as JSON: as <see cref="ContextJson"/> says, by code that is generated for them.
/// Found by reflection, their members would take longer than a query in the first call of a process.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(ExpandArguments))]
[JsonSerializable(typeof(PositionReport))]
[JsonSerializable(typeof(InferArguments))]
[JsonSerializable(typeof(LongInferenceReport))]
[JsonSerializable(typeof(IngestArguments))]
[JsonSerializable(typeof(IngestReport))]
[JsonSerializable(typeof(IngestStatusArguments))]
[JsonSerializable(typeof(IngestJobs))]
[JsonSerializable(typeof(ListDatastoresArguments))]
[JsonSerializable(typeof(DatastoreList))]
[JsonSerializable(typeof(QueryArguments))]
[JsonSerializable(typeof(QueryResult))]
[JsonSerializable(typeof(RemoveDocumentArguments))]
[JsonSerializable(typeof(RemovedDocuments))]
[JsonSerializable(typeof(SetChunkingArguments))]
[JsonSerializable(typeof(ChunkingReport))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    // Not Default, which is still null here: static members are initialized part by part.
    public static new JsonSerializerOptions Options { get; } =
        new(ContextJson.Options) { TypeInfoResolver = new ToolJson() };
}
