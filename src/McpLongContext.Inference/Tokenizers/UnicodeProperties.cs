using System.Globalization;
using System.Reflection;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The properties of code points that BERT's normalizer asks for, frozen in <c>UnicodeProperties.txt</c>. The runtime's
/// own tables grow with every version of Unicode; token ids must not change with the runtime, and an invariant-culture
/// process has no canonical decomposition at all.
/// </summary>
internal sealed class UnicodeProperties
{
    /// <summary>Longest canonical decomposition, nonspacing marks left out, in code points.</summary>
    public const int MaxDecomposition = 3;

    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int HangulVowels = 21;
    private const int HangulTrails = 28;

    private static readonly Lazy<UnicodeProperties> s_loaded = new(() => new UnicodeProperties());

    private readonly CodePointSet _control = null!;
    private readonly CodePointSet _whitespace = null!;
    private readonly CodePointSet _punctuation = null!;
    private readonly CodePointSet _nonspacing = null!;
    private readonly Dictionary<int, int[]> _decompositions = [];

    private UnicodeProperties()
    {
        using var stream = Assembly
            .GetExecutingAssembly()
            .GetManifestResourceStream(typeof(UnicodeProperties), "UnicodeProperties.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "control":
                    _control = new CodePointSet(fields[1..]);
                    break;
                case "whitespace":
                    _whitespace = new CodePointSet(fields[1..]);
                    break;
                case "punctuation":
                    _punctuation = new CodePointSet(fields[1..]);
                    break;
                case "nonspacing":
                    _nonspacing = new CodePointSet(fields[1..]);
                    break;
                default:
                    _decompositions.Add(ParseHex(fields[1]), Array.ConvertAll(fields[2..], f => ParseHex(f)));
                    break;
            }
        }
    }

    /// <summary>The tables, read on first use.</summary>
    public static UnicodeProperties Instance => s_loaded.Value;

    /// <summary>
    /// Control, format and private-use characters, and the replacement character: what cleaning removes.
    /// </summary>
    public bool IsControl(int codePoint) => _control.Contains(codePoint);

    /// <summary>White space.</summary>
    public bool IsWhiteSpace(int codePoint) => _whitespace.Contains(codePoint);

    /// <summary>Punctuation, and every ASCII symbol.</summary>
    public bool IsPunctuation(int codePoint) => _punctuation.Contains(codePoint);

    /// <summary>CJK ideographs; Hangul and kana are written as words.</summary>
    public static bool IsIdeograph(int codePoint) =>
        codePoint
            is (>= 0x4E00 and <= 0x9FFF)
                or (>= 0x3400 and <= 0x4DBF)
                or (>= 0x20000 and <= 0x2A6DF)
                or (>= 0x2A700 and <= 0x2B73F)
                or (>= 0x2B740 and <= 0x2B81F)
                or (>= 0x2B920 and <= 0x2CEAF)
                or (>= 0xF900 and <= 0xFAFF)
                or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>
    /// Writes the canonical decomposition (NFD) of a code point without its nonspacing marks. Marks of different
    /// combining classes are not sorted: those that sorting would move are nonspacing, with a dozen exceptions that no
    /// vocabulary holds.
    /// </summary>
    /// <returns>The number of code points written, at most <see cref="MaxDecomposition"/>.</returns>
    public int StripAccents(int codePoint, Span<int> destination)
    {
        if (_nonspacing.Contains(codePoint))
        {
            return 0;
        }

        if (codePoint is >= HangulBase and < HangulBase + HangulCount)
        {
            return DecomposeHangul(codePoint - HangulBase, destination);
        }

        if (_decompositions.TryGetValue(codePoint, out var parts))
        {
            parts.CopyTo(destination);
            return parts.Length;
        }

        destination[0] = codePoint;
        return 1;
    }

    /// <summary>
    /// A syllable as leading consonant, vowel and trailing consonant (The Unicode Standard, section 3.12).
    /// </summary>
    private static int DecomposeHangul(int syllable, Span<int> destination)
    {
        var trail = syllable % HangulTrails;
        destination[0] = 0x1100 + syllable / (HangulVowels * HangulTrails);
        destination[1] = 0x1161 + syllable / HangulTrails % HangulVowels;
        if (trail == 0)
        {
            return 2;
        }

        destination[2] = 0x11A7 + trail;
        return 3;
    }

    private static int ParseHex(ReadOnlySpan<char> text) =>
        int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Code points as sorted, disjoint ranges.</summary>
    private sealed class CodePointSet
    {
        private readonly int[] _first;
        private readonly int[] _last;

        /// <summary>Creates the set.</summary>
        /// <param name="ranges">Ascending ranges, <c>A0</c> or <c>2000-200A</c>.</param>
        public CodePointSet(string[] ranges)
        {
            _first = Array.ConvertAll(ranges, r => ParseHex(r.Split('-')[0]));
            _last = Array.ConvertAll(ranges, r => ParseHex(r.Split('-')[^1]));
        }

        public bool Contains(int codePoint)
        {
            var i = Array.BinarySearch(_last, codePoint);
            if (i < 0)
            {
                i = ~i;
            }

            return i < _first.Length && _first[i] <= codePoint;
        }
    }
}
