using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpLongContext.Inference.Models;

internal static class ModelJson
{
    /// <summary>The shape of the catalog, of manifests and of the hub's answers.</summary>
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
}
