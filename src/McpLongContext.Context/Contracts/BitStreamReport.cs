using System.Text.Json.Serialization;

namespace McpLongContext.Context.Contracts;

/// <summary>How a bit model predicted a stream of bits.</summary>
public sealed record BitStreamReport
{
    /// <summary>The file; <c>bits</c> where bits were given.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Whether the stream is a run-length code of the bytes, as the model reads it. Windows and bits are those of the
    /// stream, spans and bits a byte those of the bytes.
    /// </summary>
    public bool RunLength { get; init; }

    /// <summary>Bits of the whole stream, parity bits included.</summary>
    public required long TotalBits { get; init; }

    /// <summary>Bits that are covered, each by one window.</summary>
    public required long CoveredBits { get; init; }

    /// <summary>Bits of a window.</summary>
    public required int CtxBits { get; init; }

    /// <summary>Bits of a window, except the first, that the window before has covered.</summary>
    public required int OverlapBits { get; init; }

    /// <summary>
    /// The negative log-likelihood of a byte in bits, in the mean: its share of a file compressed by this model.
    /// </summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Windows done.</summary>
    public required long WindowCount { get; init; }

    /// <summary>Windows at which the safety gate was closed.</summary>
    public required long ClosedGates { get; init; }

    /// <summary>The windows in the order of the stream, as many as the request lists.</summary>
    public required IReadOnlyList<BitWindowReport> Windows { get; init; }

    /// <summary>The spans of bytes that the model found least likely, least likely first.</summary>
    public required IReadOnlyList<UnlikelyBytes> Unlikely { get; init; }

    /// <summary>
    /// The likelier value of every covered bit, as the characters 0 and 1; <see langword="null"/> for more than 8,192
    /// bits.
    /// </summary>
    public string? Predicted { get; init; }
}

/// <summary>The telemetry of one window.</summary>
/// <param name="FirstBit">The first bit that it covers, counted from the start of the stream.</param>
/// <param name="Bits">The bits that it covers.</param>
/// <param name="BitsPerByte">The negative log-likelihood of a byte, in bits.</param>
/// <param name="Negentropy">K = 1 - mean binary entropy of the predictions.</param>
/// <param name="Complexity">C, the Lempel-Ziv complexity of the predicted bits.</param>
/// <param name="Symbiosis">S = 1 / (1 + mean divergence of the predictions from one half).</param>
/// <param name="AttentionEntropy">Mean entropy in bits of attention weights of the last layer, of 32 queries.</param>
/// <param name="Passes">Whether the safety gate was open.</param>
public sealed record BitWindowReport(
    long FirstBit,
    int Bits,
    double BitsPerByte,
    double Negentropy,
    double Complexity,
    double Symbiosis,
    double AttentionEntropy,
    bool Passes
);

/// <summary>A span of bytes that a model did not expect.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="BitsPerByte">The negative log-likelihood of a byte of its least likely sixteen, in bits.</param>
/// <param name="Hex">The bytes in hexadecimal, the first 64.</param>
public sealed record UnlikelyBytes(long Offset, int Length, double BitsPerByte, string Hex)
{
    /// <summary>The negative log-likelihood of each byte of <see cref="Hex"/>, in bits.</summary>
    [JsonIgnore]
    public IReadOnlyList<double> Costs { get; init; } = [];
}
