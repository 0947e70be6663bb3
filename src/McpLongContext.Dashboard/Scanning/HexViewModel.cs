using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Scanning;

/// <summary>A span of bytes as lines of a hex view.</summary>
/// <param name="Number">The rank of the span, from 1.</param>
/// <param name="Span">The span.</param>
public sealed record HexViewModel(int Number, UnlikelyBytes Span)
{
    private const int BytesOfLine = 16;
    private const double LeastColored = 2;
    private const double MostColored = 12;
    private const int Levels = 6;

    /// <summary>The lines: offset, and the bytes with their costs.</summary>
    public IEnumerable<(long Offset, IReadOnlyList<HexByte> Bytes)> Lines() =>
        Convert
            .FromHexString(Span.Hex)
            .Zip(Span.Costs, (value, cost) => new HexByte(value, cost, LevelOf(cost)))
            .Chunk(BytesOfLine)
            .Select((bytes, line) => (Span.Offset + (line * BytesOfLine), (IReadOnlyList<HexByte>)bytes));

    /// <summary>The end of a line: the bytes as characters, in the same column whatever their number.</summary>
    public static string End(IReadOnlyList<HexByte> bytes) =>
        $"{new string(' ', 3 * (BytesOfLine - bytes.Count))} |{string.Concat(bytes.Select(one => one.Character))}|\n";

    private static int LevelOf(double cost) =>
        Math.Clamp((int)Math.Ceiling((cost - LeastColored) / (MostColored - LeastColored) * Levels), 0, Levels);
}

/// <summary>A byte of a hex view.</summary>
/// <param name="Value">The byte.</param>
/// <param name="Cost">The negative log-likelihood of the byte, in bits.</param>
/// <param name="Level">The strength of its color, 0 to 6.</param>
public readonly record struct HexByte(byte Value, double Cost, int Level)
{
    /// <summary>The character that stands for the byte: itself, or a period.</summary>
    public char Character => Value is >= 0x20 and < 0x7F ? (char)Value : '.';
}
