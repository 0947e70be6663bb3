using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Bert;

/// <summary>
/// Trained changes that make an encoder better at late interaction: LoRA adapters of its linear layers, and perhaps a
/// projection of its hidden states to the embeddings of search. Immutable.
/// </summary>
/// <remarks>
/// A safetensors file. <c>layers.N.L.a</c> [rank, inputs] and <c>layers.N.L.b</c> [outputs, rank] for L of query, key,
/// value, attention_output, intermediate and output are a change B A, whose scale is in B; <c>projection</c>
/// [dimensions, hidden] need not be there. All are stored in half precision. Its metadata: <c>format</c> is
/// <c>late-interaction 1</c>, <c>model</c> the SHA-256 of the file of the encoder's weights, <c>identity</c> the SHA-256
/// of the tensors, which tells the embeddings of one adapter from those of another.
/// </remarks>
public sealed class EncoderAdapter
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string FileName = SafetensorsFolder.EncoderAdapterName;

    /// <summary>Widths of embeddings are a multiple of it: a binary code has a bit a dimension.</summary>
    public const int DimensionStep = 64;

    internal const string Format = "late-interaction 1";
    internal const string ProjectionName = "projection";
    private const int MaxRank = 4096;

    /// <summary>How the file names the linear layers.</summary>
    internal static readonly IReadOnlyList<(string Name, EncoderLinear Linear)> Linears =
    [
        ("query", EncoderLinear.Query),
        ("key", EncoderLinear.Key),
        ("value", EncoderLinear.Value),
        ("attention_output", EncoderLinear.AttentionOutput),
        ("intermediate", EncoderLinear.Intermediate),
        ("output", EncoderLinear.Output),
    ];

    private EncoderAdapter(string identity, IReadOnlyList<EncoderChange> changes, float[] projection) =>
        (Identity, Changes, Projection) = (identity, changes, projection);

    /// <summary>The SHA-256 of the tensors, in lower-case hexadecimal.</summary>
    public string Identity { get; }

    /// <summary>At most one change for each linear layer.</summary>
    public IReadOnlyList<EncoderChange> Changes { get; }

    /// <summary>
    /// [dimensions, hidden]: from hidden states to embeddings; empty where hidden states are the embeddings.
    /// </summary>
    public ReadOnlyMemory<float> Projection { get; }

    /// <summary>
    /// The identity of the adapter in a model's folder, without reading its tensors; null where there is none.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or is no adapter of an encoder.</exception>
    public static string? IdentityIn(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = SafetensorsFile.Open(path);
        Require(path, file, "format", Format);
        return Require(path, file, "identity", expected: null);
    }

    /// <summary>Reads an adapter.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">The configuration of the encoder that it is for.</param>
    /// <param name="model">The SHA-256 of the file of that encoder's weights, in lower-case hexadecimal.</param>
    /// <exception cref="CheckpointException">
    /// The file cannot be read, is for another encoder, has another shape, or holds something that is no number.
    /// </exception>
    public static EncoderAdapter Load(string path, BertConfig config, string model)
    {
        ArgumentNullException.ThrowIfNull(config);
        using var file = SafetensorsFile.Open(path);
        Require(path, file, "format", Format);
        Require(path, file, "model", model, ": the adapter is for another encoder");
        var changes = ReadAll(path, file, config);
        var projection = file.Tensors.ContainsKey(ProjectionName)
            ? file.Read(ProjectionName, DimensionsOf(path, file, config), config.HiddenSize)
            : [];
        var known = (changes.Count * 2) + (projection.Length == 0 ? 0 : 1);
        if (file.Tensors.Count != known || known == 0)
        {
            throw new CheckpointException(
                path,
                $"{file.Tensors.Count} tensors found, expected {Math.Max(known, 1)}: '{ProjectionName}' or pairs "
                    + $"'layers.N.L.a', 'layers.N.L.b' with N below {config.LayerCount} and L of "
                    + string.Join(", ", Linears.Select(one => one.Name))
            );
        }

        var identity = IdentityOf(changes, projection);
        Require(path, file, "identity", identity, ": the file is damaged, train it again");
        return new EncoderAdapter(identity, changes, projection);
    }

    /// <summary>The SHA-256 of the tensors as they are stored, in the order of layers.</summary>
    internal static string IdentityOf(IEnumerable<EncoderChange> changes, ReadOnlyMemory<float> projection)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var change in changes.OrderBy(one => one.Layer).ThenBy(one => one.Linear))
        {
            Append(hash, [change.Layer, (int)change.Linear, change.Rank]);
            Append(hash, change.Down.Span);
            Append(hash, change.Up.Span);
        }

        Append(hash, projection.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>[outputs, inputs] of a linear layer.</summary>
    internal static (int Outputs, int Inputs) ShapeOf(EncoderLinear linear, BertConfig config) =>
        linear switch
        {
            EncoderLinear.Intermediate => (config.IntermediateSize, config.HiddenSize),
            EncoderLinear.Output => (config.HiddenSize, config.IntermediateSize),
            _ => (config.HiddenSize, config.HiddenSize),
        };

    private static void Append(IncrementalHash hash, ReadOnlySpan<float> values)
    {
        var halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        hash.AppendData(MemoryMarshal.AsBytes<Half>(halves));
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<int> numbers) =>
        hash.AppendData(MemoryMarshal.AsBytes(numbers));

    private static List<EncoderChange> ReadAll(string path, SafetensorsFile file, BertConfig config)
    {
        var changes = new List<EncoderChange>();
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            foreach (var (name, linear) in Linears)
            {
                var prefix = $"layers.{layer}.{name}";
                if (!file.Tensors.TryGetValue($"{prefix}.a", out var down))
                {
                    continue;
                }

                var (outputs, inputs) = ShapeOf(linear, config);
                var rank = down.Shape is [> 0 and <= MaxRank and var rows, _]
                    ? (int)rows
                    : throw new CheckpointException(
                        path,
                        $"tensor '{prefix}.a': {down} found, expected [rank, {inputs}]"
                    );
                changes.Add(
                    new EncoderChange(
                        layer,
                        linear,
                        rank,
                        file.Read($"{prefix}.a", rank, inputs),
                        file.Read($"{prefix}.b", outputs, rank)
                    )
                );
            }
        }

        return changes;
    }

    private static int DimensionsOf(string path, SafetensorsFile file, BertConfig config) =>
        file.Tensors[ProjectionName].Shape is [var rows, _]
        && rows > 0
        && rows % DimensionStep == 0
        && rows <= int.MaxValue
            ? (int)rows
            : throw new CheckpointException(
                path,
                $"tensor '{ProjectionName}': {file.Tensors[ProjectionName]} found, expected [dimensions, "
                    + $"{config.HiddenSize}] with a multiple of {DimensionStep} dimensions"
            );

    private static string Require(string path, SafetensorsFile file, string key, string? expected, string remark = "")
    {
        var found = file.Metadata.GetValueOrDefault(key);
        return found is not null && (expected is null || found == expected)
            ? found
            : throw new CheckpointException(
                path,
                $"metadata '{key}': {(found is null ? "nothing" : $"'{found}'")} found, expected "
                    + (expected is null ? "a text" : $"'{expected}'{remark}")
            );
    }
}
