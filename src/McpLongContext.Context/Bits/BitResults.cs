using System.Text;
using McpLongContext.Bits.Streams;
using McpLongContext.Bits.Telemetry;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>The windows that were done so far, stitched; of bounded size whatever the length of the stream.</summary>
/// <param name="source">The bytes that the bits stand for.</param>
/// <param name="runs">The run-length code of the bytes, where the model reads that.</param>
/// <param name="plan">The windows of the stream.</param>
/// <param name="bitsPerByte">Bits of a byte.</param>
/// <param name="firstWindow">The window that is done first.</param>
/// <param name="request">Says how many windows to list, and who is told every byte and its cost in bits.</param>
internal sealed class BitResults(
    IBitSource source,
    RunLengthBits? runs,
    BitWindowPlan plan,
    int bitsPerByte,
    int firstWindow,
    LongInferenceRequest request
)
{
    private const int MostPredicted = 8192;
    private const int MostHex = 64;
    private const double LeastProbability = 1.0 / (1 << 16);

    private readonly SafetyGate _gate = new();
    private readonly List<BitWindowReport> _windows = [];
    private readonly ByteCosts _bytes = new(
        bitsPerByte,
        plan[firstWindow].First + plan[firstWindow].Skipped,
        runs,
        request.ByteRead
    );
    private readonly StringBuilder _predicted = new();
    private double _cost;
    private long _closed;

    /// <summary>Windows done.</summary>
    public int Count { get; private set; }

    /// <summary>Bits covered.</summary>
    public long CoveredBits { get; private set; }

    /// <summary>Adds the next window.</summary>
    public void Add(ReadWindow window)
    {
        double cost = 0;
        var first = window.Window.First + window.Window.Skipped;
        for (var i = 0; i < window.Bits.Length; i++)
        {
            var probability = window.Bits[i] == 1 ? window.Probabilities[i] : 1 - window.Probabilities[i];
            var bit = -Math.Log2(Math.Max(probability, LeastProbability));
            cost += bit;
            _bytes.Add(first + i, window.Bits[i], bit);
        }

        var telemetry = PredictionTelemetry.Of(window.Probabilities);
        var passes = _gate.Pass(telemetry);
        _closed += passes ? 0 : 1;
        if (_windows.Count < request.ListedWindows)
        {
            _windows.Add(
                new BitWindowReport(
                    first,
                    window.Bits.Length,
                    cost / window.Bits.Length * bitsPerByte,
                    telemetry.Negentropy,
                    telemetry.Complexity,
                    telemetry.Symbiosis,
                    window.AttentionEntropy,
                    passes
                )
            );
        }

        if (_predicted.Length <= MostPredicted)
        {
            _predicted.Append(ByteBits.Format([.. window.Probabilities.Select(one => one > 0.5f ? (byte)1 : (byte)0)]));
        }

        _cost += cost;
        CoveredBits += window.Bits.Length;
        Count++;
    }

    /// <summary>All of it together.</summary>
    public BitStreamReport Report(int top) =>
        new()
        {
            Path = source.Path,
            TotalBits = plan.TotalBits,
            CoveredBits = CoveredBits,
            CtxBits = plan.CtxBits,
            OverlapBits = plan.OverlapBits,
            BitsPerByte = BitsPerByte,
            RunLength = runs is not null,
            WindowCount = Count,
            ClosedGates = _closed,
            Windows = _windows,
            Unlikely = _bytes.Highest(top, Hex),
            Predicted = _predicted.Length <= MostPredicted ? _predicted.ToString() : null,
        };

    // Of a run-length code the stream's bytes are not those of the source.
    private double BitsPerByte =>
        runs is not null
            ? _bytes.Count == 0
                ? 0
                : _bytes.Sum / _bytes.Count
            : CoveredBits == 0
                ? 0
                : _cost / CoveredBits * bitsPerByte;

    private string Hex(long offset, int length)
    {
        var bytes = new byte[Math.Min(MostHex, length)];
        source.Read(offset, bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
