using System.Globalization;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Bits;

/// <summary>The dimensions and switches of a <see cref="BitTransformer"/>, kept in the metadata of its weights.</summary>
public sealed record BitTransformerConfig
{
    private const string Format = "bit-transformer";
    private const string Version = "1";
    private const string VersionWithHistory = "2";
    private const int MostHistory = 8;
    private const int MaxDimension = 1 << 20;

    /// <summary>Width of a hidden state, <c>d_model</c>; a multiple of twice the heads.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Attention heads of a layer, <c>nhead</c>.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>Layers, <c>num_layers</c>.</summary>
    public int LayerCount { get; init; } = 3;

    /// <summary>Width of the feed-forward network, <c>dim_feedforward</c>.</summary>
    public int FeedForwardSize { get; init; } = 384;

    /// <summary>Bits of a window, <c>max_seq_len</c>.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>
    /// Bits of a chunk of attention, <c>chunk_size</c>; 0 where every bit of a window attends to all before it.
    /// </summary>
    public int ChunkSize { get; init; }

    /// <summary>Bits before its chunk that a bit attends to as well, <c>overlap</c>.</summary>
    public int ChunkOverlap { get; init; }

    /// <summary>
    /// Whether layers are reversible, <c>reversible</c>: y1 = x1 + attention(x2), y2 = x2 + feed-forward(y1)
    /// (Kitaev et al., arXiv 2001.04451, equation 9).
    /// </summary>
    public bool IsReversible { get; init; }

    /// <summary>
    /// Whether a bit's result is drawn from all layers by halting probabilities, <c>use_act</c>: stick-breaking as in
    /// PonderNet (Banino et al., arXiv 2107.05407). It saves no computation.
    /// </summary>
    public bool IsAdaptive { get; init; }

    /// <summary>The sum of halting probabilities at which a bit is left as it is, <c>act_threshold</c>.</summary>
    public float HaltThreshold { get; init; } = 0.9f;

    /// <summary>Whether the model reads a parity bit after each byte, <c>parity</c>.</summary>
    public bool Parity { get; init; }

    /// <summary>
    /// Whether the bytes that the model reads are a run-length code, values and counts in turns, <c>run_length</c>; false
    /// where a file does not say.
    /// </summary>
    public bool RunLength { get; init; }

    /// <summary>
    /// Whether an embedding of a bit's place in its byte is added to that of the bit, <c>places</c>.
    /// </summary>
    public bool HasPlaces { get; init; } = true;

    /// <summary>
    /// How many whole bytes before a bit are embedded by their values, beside the byte so far, <c>history</c>; 0 for neither,
    /// at most 8. See <see cref="BitHistory"/>.
    /// </summary>
    public int HistoryBytes { get; init; }

    /// <summary>Rows of the table of the byte so far and those before; 0 where there is none.</summary>
    public int HistoryRows => HistoryBytes == 0 ? 0 : (1 + HistoryBytes) * BitHistory.Values;

    /// <summary>Bits of a byte in the model's stream: 8, with parity 9.</summary>
    public int BitsPerByte => Parity ? 9 : 8;

    /// <summary>Dimensions of a head.</summary>
    public int HeadDim => Width / HeadCount;

    /// <summary>The most bits that attention reads: those of a chunk and its overlap, or the window.</summary>
    public int AttendedLength => ChunkSize == 0 ? MaxLength : Math.Min(MaxLength, ChunkSize + ChunkOverlap);

    /// <summary>Trained numbers.</summary>
    public long ParameterCount
    {
        get
        {
            long width = Width;
            var attention = (4 * width * width) + (4 * width);
            var feedForward = (2 * width * FeedForwardSize) + FeedForwardSize + width;
            var layer = attention + feedForward + (4 * width) + (IsAdaptive ? width + 1 : 0);
            var embeddings = (2 + (HasPlaces ? BitsPerByte : 0) + HistoryRows) * width;
            return (LayerCount * layer) + embeddings + (4 * width) + 2;
        }
    }

    /// <summary>Whether a file holds the weights of such a model.</summary>
    public static bool Describes(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            return file.Metadata.GetValueOrDefault("format") == Format;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>The file in a folder that holds the weights of such a model; null where there is none.</summary>
    public static string? FindFile(string folder) => Array.Find(FolderFiles.Of(folder, ".safetensors"), Describes);

    /// <summary>The metadata that describes this model.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = Format,
            ["version"] = HistoryBytes == 0 ? Version : VersionWithHistory,
            ["d_model"] = Text(Width),
            ["nhead"] = Text(HeadCount),
            ["num_layers"] = Text(LayerCount),
            ["dim_feedforward"] = Text(FeedForwardSize),
            ["max_seq_len"] = Text(MaxLength),
            ["chunk_size"] = Text(ChunkSize),
            ["overlap"] = Text(ChunkOverlap),
            ["reversible"] = Text(IsReversible),
            ["use_act"] = Text(IsAdaptive),
            ["act_threshold"] = HaltThreshold.ToString("R", CultureInfo.InvariantCulture),
            ["parity"] = Text(Parity),
            ["run_length"] = Text(RunLength),
            ["places"] = Text(HasPlaces),
        };
        if (HistoryBytes > 0)
        {
            metadata["history"] = Text(HistoryBytes);
        }

        return metadata;
    }

    /// <summary>Reads the configuration of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="metadata">The metadata of the file.</param>
    /// <exception cref="CheckpointException">The file is of another format or version, or a field is not
    /// valid.</exception>
    public static BitTransformerConfig Read(string path, IReadOnlyDictionary<string, string> metadata)
    {
        Require("format", Format);
        Require("version", Field("history") is null ? Version : VersionWithHistory);
        var config = new BitTransformerConfig
        {
            Width = Number("d_model", 2),
            HeadCount = Number("nhead", 1),
            LayerCount = Number("num_layers", 1),
            FeedForwardSize = Number("dim_feedforward", 1),
            MaxLength = Number("max_seq_len", 1),
            ChunkSize = Number("chunk_size", 0),
            ChunkOverlap = Number("overlap", 0),
            IsReversible = Flag("reversible"),
            IsAdaptive = Flag("use_act"),
            HaltThreshold = Share("act_threshold"),
            Parity = Flag("parity"),
            RunLength = Field("run_length") is not null && Flag("run_length"),
            HasPlaces = Flag("places"),
            HistoryBytes = Field("history") is null ? 0 : Number("history", 1),
        };
        return config.FindProblem() is { } problem ? throw new CheckpointException(path, problem) : config;

        void Require(string name, string expected)
        {
            if (Field(name) != expected)
            {
                throw Wrong(name, expected);
            }
        }

        string? Field(string name) => metadata.GetValueOrDefault(name);

        CheckpointException Wrong(string name, string expected) =>
            new(path, $"{name}: {Field(name) ?? "nothing"} found in the metadata, expected {expected}");

        int Number(string name, int least) =>
            int.TryParse(Field(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && value >= least
            && value <= MaxDimension
                ? value
                : throw Wrong(name, $"a whole number from {least} to {MaxDimension}");

        bool Flag(string name) =>
            Field(name) switch
            {
                "true" => true,
                "false" => false,
                _ => throw Wrong(name, "true or false"),
            };

        float Share(string name) =>
            float.TryParse(Field(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value is > 0 and <= 1
                ? value
                : throw Wrong(name, "a number above 0, at most 1");
    }

    /// <summary>The part of the configuration that cannot be, in words; null where all of it can.</summary>
    public string? FindProblem()
    {
        if (Width % (2 * HeadCount) != 0)
        {
            return $"d_model: {Width} found, expected a multiple of {2 * HeadCount}, twice the {HeadCount} heads";
        }

        return HistoryBytes is < 0 or > MostHistory ? $"history: {HistoryBytes} found, expected 0 to {MostHistory}"
            : ChunkSize == 0 && ChunkOverlap > 0 ? $"overlap: {ChunkOverlap} found beside chunk_size 0, expected 0"
            : ChunkOverlap > MaxLength ? $"overlap: {ChunkOverlap} found, expected at most max_seq_len, {MaxLength}"
            : null;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
