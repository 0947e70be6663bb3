using System.Text.Json.Nodes;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>
/// Each field of a published configuration changed by itself, and fields added that it does not have: the number changes as
/// the reference says, the model is refused, or the field is known to change nothing, or it is named in a warning.
/// </summary>
public sealed class MutantTests
{
    /// <summary>Fields that are read, but other fields may decide that they are not used: the window is, or is not.</summary>
    private static readonly string[] s_conditional =
    [
        "sliding_window",
        "use_sliding_window",
        "max_window_layers",
        "max_position_embeddings",
        "original_max_position_embeddings",
    ];

    public static TheoryData<string> Models() => FamilyGolden.Names(withMutants: true);

    [Theory]
    [MemberData(nameof(Models))]
    public void No_change_of_a_field_passes_unnoticed(string name)
    {
        var original = FamilyGolden.ConfigOf(name);
        using var folder = new FamilyFolder().Write(FamilyShape.Of(original));
        var failures = new List<string>();
        foreach (var mutant in ((JsonArray)FamilyGolden.Models[name]["mutants"]!).OfType<JsonObject>())
        {
            folder.Configure(Apply(original, mutant));
            if (Judge(folder, mutant) is { } failure)
            {
                failures.Add($"{mutant.ToJsonString()}: {failure}");
            }
        }

        Assert.Empty(failures);
    }

    private static JsonObject Apply(JsonObject original, JsonObject mutant)
    {
        var config = (JsonObject)original.DeepClone();
        var path = ((string)mutant["field"]!).Split('.');
        var target = path.SkipLast(1).Aggregate(config, (outer, name) => (JsonObject)outer[name]!);
        if (mutant.ContainsKey("removed"))
        {
            target.Remove(path[^1]);
        }
        else
        {
            target[path[^1]] = mutant["value"]?.DeepClone();
        }

        return config;
    }

    /// <summary>The fault; null where there is none.</summary>
    private static string? Judge(FamilyFolder folder, JsonObject mutant)
    {
        var expected = (double?)mutant["perplexity"];
        try
        {
            var (found, config, warnings) = folder.Measure(FamilyGolden.Tokens);
            if (expected is null)
            {
                return $"{found} found, expected to be refused";
            }

            if (Math.Abs((found / expected.Value) - 1) > FamilyTests.Tolerance)
            {
                return $"{found} found, expected {expected}";
            }

            var field = (string)mutant["field"]!;
            var isNoticed = (string?)mutant["same"] switch
            {
                null or "default" => true,
                "no effect" => NeutralFields.IsWithoutEffect(field),
                "not read" => warnings.Any(warning => warning.StartsWith(field, StringComparison.Ordinal)),
                "unseen" => field == "rms_norm_eps" && config.RmsNormEpsilon == 1e-6f,
                _ => s_conditional.Contains(field),
            };
            return isNoticed ? null : $"not noticed; warnings: {string.Join("; ", warnings)}";
        }
        catch (CheckpointException refusal)
        {
            return expected is null ? null : $"'{refusal.Message}' found, expected {expected}";
        }
        // A text longer than the window.
        catch (InvalidOperationException refusal)
        {
            return expected is null ? null : $"'{refusal.Message}' found, expected {expected}";
        }
    }
}
