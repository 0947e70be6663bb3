using System.Text;
using UtfUnknown;

namespace McpLongContext.Context.Ingestion.Decoding;

/// <summary>
/// An encoding from before Unicode that bytes are taken to be in: the one that a statistical detector names, as long as
/// what it makes of them is plausible; of a few words, in which statistics say little, the most plausible one.
/// </summary>
/// <param name="Encoding">Decodes them.</param>
/// <param name="IsCertain">Whether no other encoding makes as much sense.</param>
internal sealed record LegacyEncoding(Encoding Encoding, bool IsCertain)
{
    /// <summary>Bytes that are looked at.</summary>
    public const int SampleLength = 64 * 1024;

    /// <summary>Less of a text makes sense than this: it is mojibake.</summary>
    private const double MinPlausibility = 0.9;

    /// <summary>Letters outside ASCII that exclude what else a text might be.</summary>
    private const int ConvincingLetters = 3;

    private const double RareFactor = 0.4;

    private const int Latin9 = 28605;
    private const int Koi8R = 20866;
    private const int Koi8U = 21866;

    /// <summary>
    /// Encodings that are tried whether the detector names them or not, with the confidence that they have without it.
    /// </summary>
    private static readonly (string Name, double Confidence)[] s_always =
    [
        ("windows-1252", 0.3),
        ("windows-1250", 0.25),
        ("iso-8859-2", 0.2),
        ("windows-1251", 0.25),
        ("koi8-r", 0.2),
        ("windows-1254", 0.15),
        ("iso-8859-15", 0.15),
        ("macintosh", 0.2),
        ("ibm850", 0.2),
        ("shift_jis", 0.2),
        ("euc-jp", 0.2),
        ("gb18030", 0.2),
        ("big5", 0.2),
        ("euc-kr", 0.2),
        ("ks_c_5601-1987", 0.2),
    ];

    /// <summary>
    /// Encodings that few files are in any more, so that the more usual one counts where both make sense.
    /// </summary>
    private static readonly HashSet<string> s_rare = new(
        [
            "x-mac-cyrillic",
            "ibm852",
            "ibm850",
            "ibm855",
            "ibm865",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-16",
            "windows-1257",
            "windows-1258",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Names of the detector that no file of today is in.</summary>
    private static readonly HashSet<string> s_dead = new(["x-mac-ce", "viscii"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The note on a text whose encoding is not certain.</summary>
    public string Doubt => $"encoding not certain, read as {Encoding.WebName}";

    /// <summary>Finds the encoding of bytes; <see langword="null"/> when none makes sense of them.</summary>
    public static LegacyEncoding? Detect(byte[] bytes)
    {
        var sample = bytes.Length > SampleLength ? bytes[..SampleLength] : bytes;
        var candidates = (CharsetDetector.DetectFromBytes(sample).Details ?? [])
            .Select(detail => (Name: detail.EncodingName, Confidence: (double)detail.Confidence))
            .Concat(s_always)
            .Where(pair => !s_dead.Contains(pair.Name))
            .GroupBy(pair => pair.Name, StringComparer.OrdinalIgnoreCase)
            .Select(group => Candidate.Of(group.Key, group.Max(pair => pair.Confidence), sample))
            .OfType<Candidate>()
            .Where(candidate => candidate.Plausibility >= MinPlausibility)
            .OrderByDescending(candidate => candidate.Score)
            .ToList();
        if (candidates.Count == 0)
        {
            return null;
        }

        var best = candidates[0];
        var distance = Letters(best.Text) < ConvincingLetters ? 0.2 : 0.8;
        var isCertain = candidates.TrueForAll(other => other.Text == best.Text || other.Score < best.Score * distance);
        return new LegacyEncoding(Refine(best, sample), isCertain);
    }

    /// <summary>
    /// The sister of an encoding that differs in few characters: Latin-9 where nobody writes the sign that Latin-1 has
    /// for the euro, KOI8-U where the frames that KOI8-R has for Ukrainian letters stand inside words.
    /// </summary>
    private static Encoding Refine(Candidate best, byte[] sample)
    {
        if (best.Encoding.CodePage == Koi8R)
        {
            var ukrainian = CodePagesEncodingProvider.Instance.GetEncoding(Koi8U)!;
            return Decoding.Plausibility.Of(ukrainian.GetString(sample)) > best.Plausibility
                ? ukrainian
                : best.Encoding;
        }

        return
            best.Encoding.CodePage is 1252 or 28591
            && sample.Contains((byte)0xA4)
            && !sample.AsSpan().ContainsAnyInRange((byte)0x80, (byte)0x9F)
            ? CodePagesEncodingProvider.Instance.GetEncoding(Latin9)!
            : best.Encoding;
    }

    private static int Letters(string text) => text.Where(c => c >= '\x80' && char.IsLetter(c)).Distinct().Count();

    private sealed record Candidate(Encoding Encoding, string Text, double Plausibility, double Score)
    {
        public static Candidate? Of(string name, double confidence, byte[] sample)
        {
            if (Find(name) is not { } encoding)
            {
                return null;
            }

            var text = encoding.GetString(sample);
            var plausibility = Decoding.Plausibility.Of(text, encoding.CodePage == 1252);
            var usual = Math.Min(LatinLetters.Coherence(text), EastAsianBytes.Commonness(sample, encoding.CodePage));
            var score = plausibility * confidence * (0.3 + (0.7 * usual));
            return new Candidate(encoding, text, plausibility, score * (s_rare.Contains(name) ? RareFactor : 1));
        }

        private static Encoding? Find(string name)
        {
            try
            {
                return CodePagesEncodingProvider.Instance.GetEncoding(
                        name,
                        EncoderFallback.ReplacementFallback,
                        new DecoderReplacementFallback("\uFFFD")
                    ) ?? (name.Equals("iso-8859-1", StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1 : null);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }
}
