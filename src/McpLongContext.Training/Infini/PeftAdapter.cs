using System.Text.Json;
using System.Text.RegularExpressions;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Reads LoRA adapters in the layout of the library PEFT: <c>adapter_config.json</c> with <c>r</c>, <c>lora_alpha</c>
/// and <c>use_rslora</c>, and <c>adapter_model.safetensors</c> with
/// <c>base_model.model.model.layers.N.self_attn.P_proj.lora_A.weight</c> [r, inputs] and <c>lora_B.weight</c>
/// [outputs, r] for P of q, k, v, o.
/// </summary>
internal static partial class PeftAdapter
{
    public const string ConfigName = "adapter_config.json";
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>Reads an adapter.</summary>
    /// <param name="folder">The folder with both files.</param>
    /// <param name="config">The configuration of the model that it is for.</param>
    /// <returns>The changes, their scale in B.</returns>
    /// <exception cref="TrainingException">The adapter has another form, or changes what is not adapted here.</exception>
    /// <exception cref="CheckpointException">The weights are damaged or of another shape.</exception>
    public static IReadOnlyList<LoraAdapter> Load(string folder, DecoderConfig config)
    {
        var (rank, scale) = ReadConfig(Path.Combine(folder, ConfigName));
        var path = Path.Combine(folder, WeightsName);
        using var file = SafetensorsFile.Open(path);
        var changes = new List<LoraAdapter>();
        foreach (var name in file.Tensors.Keys.Order(StringComparer.Ordinal))
        {
            var match = TensorName().Match(name);
            if (!match.Success || int.Parse(match.Groups["layer"].ValueSpan, provider: null) >= config.LayerCount)
            {
                throw new TrainingException(
                    $"--start {path}: tensor '{name}' found, expected changes of self_attn.q_proj, k_proj, v_proj and o_proj "
                        + $"in layers 0 to {config.LayerCount - 1} alone."
                );
            }

            if (match.Groups["side"].Value == "A")
            {
                changes.Add(Read(file, name, match, config, rank, scale));
            }
        }

        return changes.Count > 0 && file.Tensors.Count == 2 * changes.Count
            ? changes
            : throw new TrainingException(
                $"--start {path}: {file.Tensors.Count} tensors found, expected pairs of lora_A and lora_B."
            );
    }

    private static LoraAdapter Read(
        SafetensorsFile file,
        string name,
        Match match,
        DecoderConfig config,
        int rank,
        double scale
    )
    {
        var (projection, outputs, inputs) = match.Groups["projection"].Value switch
        {
            "q" => (AttentionProjection.Query, config.QuerySize, config.HiddenSize),
            "k" => (AttentionProjection.Key, config.KeyValueSize, config.HiddenSize),
            "v" => (AttentionProjection.Value, config.KeyValueSize, config.HiddenSize),
            _ => (AttentionProjection.Output, config.HiddenSize, config.QuerySize),
        };
        var down = file.Read(name, rank, inputs);
        var up = file.Read(name.Replace("lora_A", "lora_B", StringComparison.Ordinal), outputs, rank);
        for (var i = 0; i < up.Length; i++)
        {
            up[i] = (float)(up[i] * scale);
        }

        return new LoraAdapter(int.Parse(match.Groups["layer"].ValueSpan, provider: null), projection, rank, down, up);
    }

    private static (int Rank, double Scale) ReadConfig(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var config = JsonSerializer.Deserialize<Config>(stream, s_json) ?? throw new JsonException("null found");
            var refused =
                config.PeftType is not (null or "LORA") ? $"peft_type {config.PeftType}"
                : config.UseDora ? "use_dora"
                : config.FanInFanOut ? "fan_in_fan_out"
                : config.RankPattern is { Count: > 0 } ? "rank_pattern"
                : config.AlphaPattern is { Count: > 0 } ? "alpha_pattern"
                : config.ModulesToSave is { Count: > 0 } ? "modules_to_save"
                : null;
            if (refused is not null || config.R <= 0)
            {
                throw new TrainingException(
                    $"--start {path}: {refused ?? $"r {config.R}"} found, expected a plain LoRA adapter (peft_type LORA, one "
                        + "rank r above 0)."
                );
            }

            return (config.R, config.LoraAlpha / (config.UseRslora ? Math.Sqrt(config.R) : config.R));
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new TrainingException(
                $"--start {path}: cannot be read: {e.Message} Expected a folder in the layout of PEFT, or a file of an "
                    + "adapter.",
                e
            );
        }
    }

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [GeneratedRegex(
        @"^base_model\.model\.model\.layers\.(?<layer>0|[1-9][0-9]{0,4})\.self_attn\.(?<projection>[qkvo])_proj\.lora_(?<side>[AB])\.weight$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: -1
    )]
    private static partial Regex TensorName();

    private sealed record Config
    {
        public string? PeftType { get; init; }
        public int R { get; init; }
        public double LoraAlpha { get; init; }
        public bool UseRslora { get; init; }
        public bool UseDora { get; init; }
        public bool FanInFanOut { get; init; }
        public Dictionary<string, int>? RankPattern { get; init; }
        public Dictionary<string, double>? AlphaPattern { get; init; }
        public List<string>? ModulesToSave { get; init; }
    }
}
