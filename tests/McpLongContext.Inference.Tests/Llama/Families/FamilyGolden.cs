using System.Text.Json.Nodes;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>The figures that tools/golden/llama/export_families.py has computed in double precision.</summary>
internal static class FamilyGolden
{
    private static readonly JsonObject s_golden = (JsonObject)
        JsonNode.Parse(File.ReadAllText(Golden.PathOf("families.json")))!;

    /// <summary>The text.</summary>
    public static int[] Tokens { get; } = [.. ((JsonArray)s_golden["tokens"]!).Select(token => (int)token!)];

    /// <summary>All models, by name.</summary>
    public static IReadOnlyDictionary<string, JsonObject> Models { get; } =
        ((JsonArray)s_golden["models"]!).ToDictionary(model => (string)model!["name"]!, model => (JsonObject)model!);

    /// <summary>A copy of a model's configuration.</summary>
    public static JsonObject ConfigOf(string name) => (JsonObject)Models[name]["config"]!.DeepClone();

    /// <summary>The perplexity of the text; null where the model has to be refused.</summary>
    public static double? PerplexityOf(string name) => (double?)Models[name]["perplexity"];

    /// <summary>The names of the models with, or without, changes of their fields.</summary>
    public static TheoryData<string> Names(bool withMutants) =>
        [
            .. Models
                .Where(model => ((JsonArray)model.Value["mutants"]!).Count > 0 == withMutants)
                .Select(model => model.Key),
        ];
}
