using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpLongContext.Inference.Models;

/// <summary>The shape of the catalog and of manifests.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ModelEntry))]
[JsonSerializable(typeof(ModelCatalog.Document))]
internal sealed partial class ModelJson : JsonSerializerContext
{
    public static new JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            // Not Default, which is still null here: static members are initialized part by part.
            TypeInfoResolver = new ModelJson(),
        };
}
