using System.Globalization;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Checkpoints.Gguf;

namespace McpLongContext.Inference.Decoders.Checkpoints;

/// <summary>
/// The settings of an architecture in a GGUF file, <c>llama.block_count</c> and the like, which knows those that were
/// read.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="architecture">The architecture, which the keys begin with.</param>
internal sealed class GgufFields(GgufFile file, string architecture)
{
    private const string Granite = "granite";

    /// <summary>Settings that describe the file or another use of it; no logit depends on them.</summary>
    private static readonly string[] s_withoutEffect =
    [
        "expert_used_count",
        "pooling_type",
        "rope.scaling.finetuned",
        "tensor_data_layout",
    ];

    /// <summary>Settings that must have their neutral value, or be missing, with the meaning of that value.</summary>
    private static readonly (string Name, double Neutral, string Meaning)[] s_neutral =
    [
        ("expert_count", 0, "no experts"),
        ("attention.clamp_kqv", 0, "no clamp"),
        ("attention.max_alibi_bias", 0, "rotary positions"),
        ("attn_logit_softcapping", 0, "no soft cap"),
        ("final_logit_softcapping", 0, "no soft cap"),
        ("rope.scaling.yarn_ext_factor", 1, "YaRN in full"),
        ("rope.scaling.yarn_attn_factor", 1, "the attention factor of the formula"),
        ("rope.scaling.yarn_log_multiplier", 0, "the attention factor of the formula"),
    ];

    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>The architecture.</summary>
    public string Architecture => architecture;

    /// <summary>The settings that nothing was done with, a sentence each.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. file
                .Metadata.Keys.Where(key => key.StartsWith(architecture + ".", StringComparison.Ordinal))
                .Where(key => !_read.Contains(key) && !s_withoutEffect.Contains(key[(architecture.Length + 1)..]))
                .Select(key => $"metadata '{key}' is not used: it is not known here"),
        ];

    /// <summary>An integer that has to be there.</summary>
    /// <exception cref="CheckpointException">The integer is missing or of another type.</exception>
    public int Required(string name) => file.Metadata.GetInt32(Key(name));

    /// <summary>A number that has to be there.</summary>
    /// <exception cref="CheckpointException">The number is missing or of another type.</exception>
    public double RequiredNumber(string name) => file.Metadata.GetDouble(Key(name));

    /// <summary>An integer.</summary>
    /// <exception cref="CheckpointException">The field is no integer.</exception>
    public int? Optional(string name) => file.Metadata.FindInt32(Key(name));

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">The field is no number.</exception>
    public double? Number(string name) => file.Metadata.FindDouble(Key(name));

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The field is no text.</exception>
    public string? Text(string name) => file.Metadata.FindString(Key(name));

    /// <summary>A multiplier of Granite; null where it is missing, or 0, which stands for none.</summary>
    /// <exception cref="CheckpointException">Another architecture has it.</exception>
    public float? Multiplier(string name)
    {
        if (Number(name) is not { } found || found == 0)
        {
            return null;
        }

        return architecture == Granite || found == 1
            ? (float)found
            : throw Wrong(name, found, "none: of the supported architectures, only granite has it");
    }

    /// <summary>Demands a value, or none.</summary>
    /// <exception cref="CheckpointException">The value is another one.</exception>
    public void Demand(string name, double expected, string meaning)
    {
        if (Number(name) is { } found && found != expected)
        {
            throw Wrong(name, found, $"{expected.ToString(CultureInfo.InvariantCulture)}, {meaning}");
        }
    }

    /// <summary>Demands that nothing is set that would make another model of it.</summary>
    /// <exception cref="CheckpointException">Such a setting is set.</exception>
    public void RequireNeutral()
    {
        foreach (var (name, neutral, meaning) in s_neutral)
        {
            Demand(name, neutral, meaning);
        }

        DemandFlag("attention.causal", expected: true, "a decoder");
        DemandFlag("use_parallel_residual", expected: false, "attention before the feed-forward network");
        if (architecture == Granite)
        {
            DemandFlag("rope.scaling.finetuned", expected: true, "rotary positions");
        }

        if (file.Metadata.Contains(Key("rope.dimension_sections")))
        {
            throw Wrong("rope.dimension_sections", "sections", "none: positions of several axes are not supported");
        }
    }

    /// <summary>The error for a setting with a wrong value.</summary>
    public CheckpointException Wrong(string name, object found, string expected) =>
        new(
            file.Path,
            $"metadata '{Key(name)}': {string.Create(CultureInfo.InvariantCulture, $"{found}")} found, expected {expected}"
        );

    private void DemandFlag(string name, bool expected, string meaning)
    {
        if (file.Metadata.FindBoolean(Key(name)) is { } found && found != expected)
        {
            throw Wrong(name, found ? "true" : "false", $"{(expected ? "true" : "false")}, {meaning}");
        }
    }

    private string Key(string name)
    {
        var key = $"{architecture}.{name}";
        _read.Add(key);
        return key;
    }
}
