namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// Git's glob matching (<c>wildmatch.c</c>), on UTF-8 bytes as git does it: <c>*</c> and <c>?</c> do not cross a slash
/// in a path, <c>**/</c> matches any depth, brackets hold ranges and POSIX classes, a backslash escapes.
/// </summary>
/// <remarks>
/// A pair of pattern and text position is tried once, so that the time is bounded by their product whatever the
/// pattern holds.
/// </remarks>
internal ref struct WildMatch
{
    private enum Outcome
    {
        Match,
        NoMatch,

        /// <summary>No longer part of the text can match either.</summary>
        AbortAll,

        /// <summary>A single star met a slash: only a <c>**</c> further left can still match.</summary>
        AbortToStarStar,
    }

    private const int MinRememberedTries = 100;

    private readonly ReadOnlySpan<byte> _pattern;
    private readonly ReadOnlySpan<byte> _text;
    private readonly bool _isPath;
    private Dictionary<int, Outcome>? _tried;
    private int _tries;

    private WildMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool isPath)
    {
        _pattern = pattern;
        _text = text;
        _isPath = isPath;
    }

    /// <summary>Whether the whole text matches.</summary>
    /// <param name="pattern">The glob.</param>
    /// <param name="text">The name or path.</param>
    /// <param name="isPath">Whether slashes separate components that <c>*</c> must not cross.</param>
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool isPath) =>
        new WildMatch(pattern, text, isPath).Match(0, 0) == Outcome.Match;

    /// <summary>Whether the byte has a meaning of its own in a pattern.</summary>
    public static bool IsSpecial(byte b) => b is (byte)'*' or (byte)'?' or (byte)'[' or (byte)'\\';

    private readonly byte PatternAt(int p) => p < _pattern.Length ? _pattern[p] : (byte)0;

    private readonly byte TextAt(int t) => t < _text.Length ? _text[t] : (byte)0;

    private Outcome Try(int p, int t)
    {
        // Nearly all patterns are done before it pays to remember.
        if (++_tries < MinRememberedTries)
        {
            return Match(p, t);
        }

        var key = (p * (_text.Length + 1)) + t;
        _tried ??= [];
        if (!_tried.TryGetValue(key, out var outcome))
        {
            outcome = Match(p, t);
            _tried[key] = outcome;
        }

        return outcome;
    }

    private Outcome Match(int p, int t)
    {
        var start = p;
        for (; p < _pattern.Length; p++, t++)
        {
            var patternByte = _pattern[p];
            var textByte = TextAt(t);
            if (textByte == 0 && patternByte != '*')
            {
                return Outcome.AbortAll;
            }

            switch (patternByte)
            {
                case (byte)'?':
                    if (_isPath && textByte == '/')
                    {
                        return Outcome.NoMatch;
                    }

                    break;
                case (byte)'*':
                    if (MatchStar(start, ref p, ref t) is { } outcome)
                    {
                        return outcome;
                    }

                    break;
                case (byte)'[':
                    if (MatchBracket(ref p, textByte) is var isMember && isMember is null)
                    {
                        return Outcome.AbortAll;
                    }

                    if (isMember == false || (_isPath && textByte == '/'))
                    {
                        return Outcome.NoMatch;
                    }

                    break;
                default:
                    if (patternByte == '\\')
                    {
                        patternByte = PatternAt(++p);
                    }

                    if (textByte != patternByte)
                    {
                        return Outcome.NoMatch;
                    }

                    break;
            }
        }

        return t < _text.Length ? Outcome.NoMatch : Outcome.Match;
    }

    /// <summary>
    /// Matches from a star to the end, or returns null having moved to the slash that ends a component.
    /// </summary>
    private Outcome? MatchStar(int start, ref int p, ref int t)
    {
        var first = p++;
        var crossesSlash = !_isPath;
        if (PatternAt(p) == '*')
        {
            while (PatternAt(++p) == '*') { }

            var beginsComponent = first == start || _pattern[first - 1] == '/';
            var endsComponent = PatternAt(p) is 0 or (byte)'/' || (PatternAt(p) == '\\' && PatternAt(p + 1) == '/');
            if (_isPath && beginsComponent && endsComponent)
            {
                // "**/" matches nothing, too: a/**/b matches a/b.
                if (PatternAt(p) == '/' && Try(p + 1, t) == Outcome.Match)
                {
                    return Outcome.Match;
                }

                crossesSlash = true;
            }
        }

        var rest = _text[Math.Min(t, _text.Length)..];
        if (p >= _pattern.Length)
        {
            return crossesSlash || !rest.Contains((byte)'/') ? Outcome.Match : Outcome.NoMatch;
        }

        if (!crossesSlash && _pattern[p] == '/')
        {
            var slash = rest.IndexOf((byte)'/');
            if (slash < 0)
            {
                return Outcome.NoMatch;
            }

            t += slash;
            return null;
        }

        return MatchAfterStar(p, t, crossesSlash);
    }

    private Outcome MatchAfterStar(int p, int t, bool crossesSlash)
    {
        for (; t < _text.Length; t++)
        {
            if (!IsSpecial(_pattern[p]))
            {
                while (t < _text.Length && _text[t] != _pattern[p] && (crossesSlash || _text[t] != '/'))
                {
                    t++;
                }

                if (TextAt(t) != _pattern[p])
                {
                    return Outcome.NoMatch;
                }
            }

            var outcome = Try(p, t);
            if (outcome != Outcome.NoMatch)
            {
                if (!crossesSlash || outcome != Outcome.AbortToStarStar)
                {
                    return outcome;
                }
            }
            else if (!crossesSlash && _text[t] == '/')
            {
                return Outcome.AbortToStarStar;
            }
        }

        return Outcome.AbortAll;
    }

    /// <summary>Whether the byte is in the bracket; null when the bracket is malformed. Leaves p at its end.</summary>
    private readonly bool? MatchBracket(ref int p, byte textByte)
    {
        var current = PatternAt(++p);
        var negated = current is (byte)'!' or (byte)'^';
        if (negated)
        {
            current = PatternAt(++p);
        }

        byte previous = 0;
        var matched = false;
        do
        {
            if (current == 0)
            {
                return null;
            }

            if (current == '\\')
            {
                current = PatternAt(++p);
                if (current == 0)
                {
                    return null;
                }

                matched |= textByte == current;
            }
            else if (current == '-' && previous != 0 && PatternAt(p + 1) is not (0 or (byte)']'))
            {
                current = PatternAt(++p);
                if (current == '\\')
                {
                    current = PatternAt(++p);
                    if (current == 0)
                    {
                        return null;
                    }
                }

                matched |= textByte >= previous && textByte <= current;
                current = 0;
            }
            else if (current == '[' && PatternAt(p + 1) == ':')
            {
                var begin = p + 2;
                var length = _pattern[Math.Min(begin, _pattern.Length)..].IndexOf((byte)']');
                if (length < 0)
                {
                    return null;
                }

                if (length == 0 || _pattern[begin + length - 1] != ':')
                {
                    matched |= textByte == '[';
                }
                else
                {
                    if (IsInClass(_pattern.Slice(begin, length - 1), textByte) is not { } isInClass)
                    {
                        return null;
                    }

                    matched |= isInClass;
                    p = begin + length;
                    current = 0;
                }
            }
            else
            {
                matched |= textByte == current;
            }

            previous = current;
            current = PatternAt(++p);
        } while (current != ']');
        return matched != negated;
    }

    private static bool? IsInClass(ReadOnlySpan<byte> name, byte b) =>
        name switch
        {
            _ when name.SequenceEqual("alnum"u8) => char.IsAsciiLetterOrDigit((char)b),
            _ when name.SequenceEqual("alpha"u8) => char.IsAsciiLetter((char)b),
            _ when name.SequenceEqual("blank"u8) => b is (byte)' ' or (byte)'\t',
            _ when name.SequenceEqual("cntrl"u8) => b is < 32 or 127,
            _ when name.SequenceEqual("digit"u8) => char.IsAsciiDigit((char)b),
            _ when name.SequenceEqual("graph"u8) => b is > 32 and < 127,
            _ when name.SequenceEqual("lower"u8) => char.IsAsciiLetterLower((char)b),
            _ when name.SequenceEqual("print"u8) => b is >= 32 and < 127,
            _ when name.SequenceEqual("punct"u8) => b is > 32 and < 127 && !char.IsAsciiLetterOrDigit((char)b),
            _ when name.SequenceEqual("space"u8) => b is (byte)' ' or (>= 9 and <= 13),
            _ when name.SequenceEqual("upper"u8) => char.IsAsciiLetterUpper((char)b),
            _ when name.SequenceEqual("xdigit"u8) => char.IsAsciiHexDigit((char)b),
            _ => null,
        };
}
