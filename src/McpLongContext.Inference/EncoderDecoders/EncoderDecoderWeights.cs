using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.EncoderDecoders.Families;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.EncoderDecoders;

/// <summary>
/// The weights of an encoder-decoder: matrices packed for the products, vectors in fp32. The embedding stays in the
/// checkpoint, from which the rows of the tokens are read. Immutable and thread-safe.
/// </summary>
internal sealed class EncoderDecoderWeights : IDisposable
{
    private readonly ITensorSource _tensors;
    private readonly EncoderDecoderConfig _config;
    private readonly IFamilyNames _names;
    private readonly Precision _precision;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private EncoderDecoderWeights(
        ITensorSource tensors,
        EncoderDecoderConfig config,
        IFamilyNames names,
        Precision precision,
        ComputeThreadPool threadPool
    )
    {
        (_tensors, _config, _names, _precision) = (tensors, config, names, precision);
        Take($"{names.Embedding}.weight", config.VocabularySize, config.HiddenSize);
        Encoder = ReadStack(config.Encoder, names.Stack(isDecoder: false), threadPool);
        Decoder = ReadStack(config.Decoder, names.Stack(isDecoder: true), threadPool);
        var output = config.HasTiedOutput ? names.Embedding : names.Output;
        var bias = names.OutputBias is { } name ? ReadRow(name, config.VocabularySize) : [];
        Output = new AffineWeights(Pack(threadPool, config.VocabularySize, config.HiddenSize, output), bias);
        RequireNothingLeft();
    }

    /// <summary>The stack that reads the source.</summary>
    public StackWeights Encoder { get; }

    /// <summary>The stack that writes the target.</summary>
    public StackWeights Decoder { get; }

    /// <summary>hidden -> vocabulary.</summary>
    public AffineWeights Output { get; }

    /// <summary>Reads and packs all weights, and takes over the checkpoint.</summary>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, of another shape or type, no part of the architecture, or not finite.
    /// </exception>
    public static EncoderDecoderWeights Load(
        ITensorSource tensors,
        EncoderDecoderConfig config,
        IFamilyNames names,
        Precision precision,
        ComputeThreadPool threadPool
    )
    {
        try
        {
            return new EncoderDecoderWeights(tensors, config, names, precision, threadPool);
        }
        catch (Exception error)
        {
            tensors.Dispose();
            // What threads that pack have found: the first of it, whichever came upon it first.
            if (
                error is AggregateException several
                && several.InnerExceptions.OfType<CheckpointException>().MinBy(one => one.Message) is { } damage
            )
            {
                throw damage;
            }

            throw;
        }
    }

    /// <summary>The embedding of a token.</summary>
    /// <param name="token">Below the vocabulary's size.</param>
    /// <param name="state">[hidden].</param>
    public void Embed(int token, Span<float> state) => _tensors.ReadRows($"{_names.Embedding}.weight", token, state);

    /// <summary>Reads the projections of a layer's cross-attention unpacked.</summary>
    /// <param name="layer">From 0.</param>
    public CrossProjection ReadCrossProjection(int layer)
    {
        var names = _names.Stack(isDecoder: true).CrossAttention!(layer);
        var size = _config.Decoder.InnerSize;
        return new CrossProjection(
            ReadMatrix(names.Key, size),
            ReadMatrix(names.Value, size),
            _config.HasBias ? ReadVector($"{names.Value}.bias", size) : []
        );
    }

    /// <inheritdoc />
    public void Dispose() => _tensors.Dispose();

    private StackWeights ReadStack(StackConfig stack, StackNames names, ComputeThreadPool threadPool)
    {
        var hidden = _config.HiddenSize;
        var positions = $"{names.Positions}.weight";
        var table = _config.RelativePositions is { } relative
            ? ReadTable(positions, relative.Buckets, stack.HeadCount)
            : ReadTable(positions, _config.MaxPositions + _config.PositionOffset, hidden);
        return new StackWeights(
            table,
            names.EmbeddingNorm is { } embedding ? ReadNorm(embedding) : null,
            [.. Enumerable.Range(0, stack.LayerCount).Select(ReadLayer)],
            names.OutputNorm is { } output ? ReadNorm(output) : null
        );

        LayerWeights ReadLayer(int layer) =>
            new(
                ReadSelfAttention(names.SelfAttention(layer)),
                names.CrossAttention is { } cross ? ReadCrossAttention(cross(layer)) : null,
                ReadFeedForward(names.FeedForward(layer))
            );

        AttentionWeights ReadSelfAttention(AttentionNames attention) =>
            new()
            {
                Norm = ReadNorm(attention.Norm),
                Query = Affine(stack.InnerSize, hidden, attention.Query, attention.Key, attention.Value),
                Output = Affine(hidden, stack.InnerSize, attention.Output),
            };

        AttentionWeights ReadCrossAttention(AttentionNames attention) =>
            new()
            {
                Norm = ReadNorm(attention.Norm),
                Query = Affine(stack.InnerSize, hidden, attention.Query),
                KeyValue = Affine(stack.InnerSize, hidden, attention.Key, attention.Value),
                Output = Affine(hidden, stack.InnerSize, attention.Output),
            };

        FeedForwardWeights ReadFeedForward(FeedForwardNames network) =>
            new(
                ReadNorm(network.Norm),
                _config.FeedForward == FeedForwardFunction.GatedTanhGelu
                    ? Affine(stack.IntermediateSize, hidden, network.Gate)
                    : null,
                Affine(stack.IntermediateSize, hidden, network.Up),
                Affine(hidden, stack.IntermediateSize, network.Down)
            );

        AffineWeights Affine(int outputs, int inputs, params string[] parts) =>
            new(
                Pack(threadPool, outputs, inputs, parts),
                _config.HasBias ? [.. parts.SelectMany(part => ReadVector($"{part}.bias", outputs))] : []
            );
    }

    /// <summary>Packs matrices [outputs, inputs] one under the other.</summary>
    private IWeightMatrix Pack(ComputeThreadPool threadPool, int outputs, int inputs, params string[] parts)
    {
        string[] names = [.. parts.Select(part => Take($"{part}.weight", outputs, inputs))];
        return DecoderWeights.Pack(new MatrixReader(names.Length * outputs, inputs, Read), _precision, threadPool);

        void Read(int firstRow, Span<float> rows)
        {
            while (!rows.IsEmpty)
            {
                var (part, row) = Math.DivRem(firstRow, outputs);
                var count = Math.Min(outputs - row, rows.Length / inputs);
                _tensors.ReadRows(names[part], row, rows[..(count * inputs)]);
                rows = rows[(count * inputs)..];
                firstRow += count;
            }
        }
    }

    private NormWeights ReadNorm(string name) =>
        new(
            ReadVector($"{name}.weight", _config.HiddenSize),
            _config.IsPreNorm ? [] : ReadVector($"{name}.bias", _config.HiddenSize)
        );

    private float[] ReadVector(string name, int length)
    {
        // Before anything is allocated: the shape may be that of a configuration that lies.
        Take(name, length);
        var values = new float[length];
        _tensors.ReadRows(name, 0, values);
        return values;
    }

    private float[] ReadRow(string name, int length) => ReadTable(name, 1, length);

    private float[] ReadTable(string name, int rows, int width)
    {
        Take(name, rows, width);
        var values = new float[checked(rows * width)];
        _tensors.ReadRows(name, 0, values);
        return values;
    }

    private float[] ReadMatrix(string part, int outputs)
    {
        var values = new float[outputs * _config.HiddenSize];
        _tensors.ReadRows($"{part}.weight", 0, values);
        return values;
    }

    private string Take(string name, params ReadOnlySpan<int> shape)
    {
        _tensors.Require(name, shape);
        lock (_taken)
        {
            _taken.Add(name);
        }

        return name;
    }

    /// <summary>Demands that every tensor was read: another one would be part of another architecture.</summary>
    private void RequireNothingLeft()
    {
        var left = _tensors.Names.FirstOrDefault(name =>
            !_taken.Contains(name)
            && !_names.IsIgnored(name)
            && !(_config.HasTiedOutput && name == $"{_names.Output}.weight")
        );
        if (left is not null)
        {
            throw new CheckpointException(
                _tensors.Path,
                $"tensor '{left}' found, which is no part of a '{_config.Architecture}' model as it is supported here"
            );
        }
    }
}
