using System.Globalization;

namespace McpLongContext.Dashboard.Text;

/// <summary>Numbers with their units.</summary>
public static class Amount
{
    /// <summary>A whole number.</summary>
    public static string Of(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun.</summary>
    public static string Of(long number, string noun) => $"{Of(number)} {noun}{(number == 1 ? "" : "s")}";

    /// <summary>A number of bytes.</summary>
    public static string Bytes(double bytes) =>
        bytes switch
        {
            < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B"),
            < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 10):0.#} KB"),
            < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.#} MB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.##} GB"),
        };

    /// <summary>A duration, as exact as is of interest.</summary>
    public static string Duration(double seconds) =>
        seconds switch
        {
            < 1 => "less than 1 s",
            < 100 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
            < 6000 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.#} h"),
        };

    /// <summary>A number with three digits after the point.</summary>
    public static string Score(double? score) =>
        score is { } known && !double.IsNaN(known) ? known.ToString("0.000", CultureInfo.InvariantCulture) : "–";
}
