using System.Security.Cryptography;
using System.Text;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Decoders;

/// <summary>Names a decoder as decoder memories in datastores are named by: equal ones compute equal keys.</summary>
/// <param name="Model">The name that it is installed under.</param>
/// <param name="Files">A digest of its files.</param>
/// <param name="Precision">The decoder's arithmetic.</param>
/// <param name="Positions">The decoder's positions; <see langword="null"/>: as trained.</param>
internal sealed record DecoderIdentity(string Model, string Files, Precision Precision, PositionSettings? Positions)
{
    /// <summary>A short name for the content of files.</summary>
    /// <param name="hashes">The hashes of the files.</param>
    public static string Digest(IEnumerable<string?> hashes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', hashes))))[..16];

    /// <summary>The model that a stored identity, or a name that begins with one, names.</summary>
    public static string ModelOf(string stored) => stored.Split(' ', 2)[0];

    /// <summary>The form that is stored.</summary>
    public override string ToString() =>
        $"{Model} {Files} {Precision}{(Positions is { } set ? $" {set.Method} {set.Length}" : "")}";
}
