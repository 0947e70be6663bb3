using System.Buffers.Binary;

namespace McpLongContext.Inference.Tokenizers.Normalizers;

/// <summary>
/// The replacements of a SentencePiece normalizer (Kudo and Richardson, arXiv 1808.06226, section 3.2): the longest
/// sequence of characters that has one is replaced. Read from the <c>precompiled_charsmap</c> of a model: the length of a
/// double array, the array, and the replacements, each ended by a zero byte.
/// </summary>
/// <remarks>
/// The array is that of Darts-clone: units of 32 bits whose low byte is a label, bits 10 to 30 the offset of the children
/// (shifted by 8 more if bit 9 is set) and bit 8 says that a value hangs at label 0.
/// </remarks>
internal sealed class CharacterMap
{
    private const uint HasValue = 1u << 8;
    private const uint LabelMask = (1u << 31) | 0xFF;
    private const int ValueMask = int.MaxValue;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharacterMap(uint[] units, byte[] replacements) => (_units, _replacements) = (units, replacements);

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">The bytes are no map.</exception>
    public static CharacterMap Read(ReadOnlySpan<byte> map)
    {
        var length = map.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (length % sizeof(uint) != 0 || length < sizeof(uint) || length > map.Length - sizeof(uint))
        {
            throw new FormatException($"precompiled_charsmap: a map of {map.Length} bytes found that is damaged");
        }

        map = map[sizeof(uint)..];
        var units = new uint[length / sizeof(uint)];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(i * sizeof(uint))..]);
        }

        return new CharacterMap(units, map[(int)length..].ToArray());
    }

    /// <summary>Finds the longest sequence that a text begins with and that is replaced.</summary>
    /// <param name="text">In UTF-8.</param>
    /// <param name="length">The length of the sequence in bytes, 0 where there is none.</param>
    /// <returns>The replacement.</returns>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        var value = 0;
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & LabelMask) != text[i])
            {
                break;
            }

            var unit = _units[node];
            node ^= Offset(unit);
            if ((unit & HasValue) != 0 && node < _units.Length)
            {
                (value, length) = ((int)(_units[node] & ValueMask), i + 1);
            }
        }

        if (length == 0)
        {
            return default;
        }

        var found = _replacements.AsSpan(Math.Min(value, _replacements.Length));
        var end = found.IndexOf((byte)0);
        return end < 0 ? found : found[..end];
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
