using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using McpLongContext.Storage.Analysis.Reading;

namespace McpLongContext.Storage.Lexical;

/// <summary>
/// An identifier, operator, number or phrase that is looked for as whole words. White space of any kind and length is
/// equal, so that a phrase is found across a line break, also across one that is written as an escape sequence; a
/// number is found with its groups separated. What a text has not as it is stored is looked for in it as it is read.
/// </summary>
internal sealed partial class Literal
{
    private const string Blank = @"(?:\s|\\[nrt])+";
    private const string GroupSeparator = @"[,.'’_\u0020\u00A0\u2009\u202F]?";
    private const int MinGrouped = 4;

    private readonly PlainText _reading = new(forTerms: false);
    private readonly Lazy<Form> _asRead;
    private readonly Form _asStored;

    public Literal(string literal)
    {
        var plain = _reading.Read(literal).ToString();
        _asStored = new Form(literal);
        _asRead = new Lazy<Form>(() => plain == literal ? _asStored : new Form(plain));
    }

    /// <summary>The number of occurrences in a text.</summary>
    /// <param name="text">The text, as it is stored.</param>
    /// <param name="sameCase">Whether one has the very capitals of the literal.</param>
    public int CountIn(string text, out bool sameCase)
    {
        if (_asStored.CountIn(text, out sameCase) is > 0 and var count)
        {
            return count;
        }

        var plain = _reading.Read(text);
        var isSame = ReferenceEquals(_asRead.Value, _asStored) && plain.SequenceEqual(text);
        return isSame ? 0 : _asRead.Value.CountIn(plain.ToString(), out sameCase);
    }

    /// <summary>A literal as it is written in one of the two readings.</summary>
    private sealed class Form
    {
        private readonly Regex _pattern;
        private readonly string _wanted;
        private readonly LiteralEdges _edges;

        /// <summary>A single word in ASCII, which needs no pattern in a text in ASCII.</summary>
        private readonly SearchValues<string>? _word;

        public Form(string literal)
        {
            var words = literal.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            _wanted = string.Join(' ', words);
            _edges = new LiteralEdges(_wanted);
            _word =
                words.Length == 1 && !IsNumber(_wanted) && Ascii.IsValid(_wanted)
                    ? SearchValues.Create([_wanted], StringComparison.OrdinalIgnoreCase)
                    : null;
            _pattern = new Regex(
                IsNumber(_wanted)
                    ? string.Join(GroupSeparator, _wanted.ToCharArray())
                    : string.Join(Blank, words.Select(Regex.Escape)),
                RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | Options(words),
                Regex.InfiniteMatchTimeout
            );
        }

        public int CountIn(string text, out bool sameCase)
        {
            if (_word is not null && Ascii.IsValid(text))
            {
                return CountWordIn(text, _word, out sameCase);
            }

            var count = 0;
            sameCase = false;
            foreach (var match in _pattern.EnumerateMatches(text))
            {
                var end = match.Index + match.Length;
                if (!_edges.AreAt(text, match.Index, end))
                {
                    continue;
                }

                count++;
                sameCase =
                    sameCase
                    || _wanted.Equals(WhiteSpace().Replace(text[match.Index..end], " "), StringComparison.Ordinal);
            }

            return count;
        }

        private int CountWordIn(string text, SearchValues<string> word, out bool sameCase)
        {
            var count = 0;
            sameCase = false;
            for (var from = 0; text.AsSpan(from).IndexOfAny(word) is >= 0 and var at; from += at + _wanted.Length)
            {
                var (start, end) = (from + at, from + at + _wanted.Length);
                if (_edges.AreAt(text, start, end))
                {
                    count++;
                    sameCase = sameCase || text.AsSpan(start, _wanted.Length).SequenceEqual(_wanted);
                }
            }

            return count;
        }

        /// <summary>
        /// An automaton costs milliseconds to build. It is needed only where a word may be taken for a blank: else
        /// nothing is read twice.
        /// </summary>
        private static RegexOptions Options(string[] words) =>
            words.Any(word => word.StartsWith('\\')) ? RegexOptions.NonBacktracking : RegexOptions.None;

        private static bool IsNumber(string text) => text.Length >= MinGrouped && text.All(char.IsAsciiDigit);
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: -1)]
    private static partial Regex WhiteSpace();
}
