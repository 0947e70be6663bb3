using System.Numerics;

namespace McpLongContext.Context.Globs;

/// <summary>
/// Glob matching after Git's <c>wildmatch.c</c>: <c>*</c> and <c>?</c> do not cross a slash in a path, <c>**/</c>
/// matches any depth, brackets hold ranges and POSIX classes, a backslash escapes.
/// </summary>
/// <typeparam name="T">The units of the text: bytes of UTF-8, as Git has them, or UTF-16 characters.</typeparam>
/// <remarks>
/// A pair of pattern and text position is tried once, so that the time is bounded by their product whatever the
/// pattern holds.
/// </remarks>
internal ref struct GlobMatcher<T>
    where T : unmanaged, IBinaryInteger<T>
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

    /// <summary>More letters than the name of any POSIX class has.</summary>
    private const int MaxClassName = 8;

    private readonly ReadOnlySpan<T> _pattern;
    private readonly ReadOnlySpan<T> _text;
    private readonly GlobSyntax _syntax;
    private Dictionary<int, Outcome>? _tried;
    private int _tries;

    private GlobMatcher(ReadOnlySpan<T> pattern, ReadOnlySpan<T> text, GlobSyntax syntax)
    {
        _pattern = pattern;
        _text = text;
        _syntax = syntax;
    }

    /// <summary>Whether the whole text matches.</summary>
    /// <param name="pattern">The glob.</param>
    /// <param name="text">The name or path, without NUL characters.</param>
    /// <param name="syntax">How slashes are treated.</param>
    public static bool IsMatch(ReadOnlySpan<T> pattern, ReadOnlySpan<T> text, GlobSyntax syntax) =>
        new GlobMatcher<T>(pattern, text, syntax).Match(0, 0) == Outcome.Match;

    /// <summary>Whether the unit has a meaning of its own in a pattern.</summary>
    public static bool IsSpecial(T unit) => int.CreateTruncating(unit) is '*' or '?' or '[' or '\\';

    private static T Slash => T.CreateTruncating('/');

    private readonly bool IsPath => _syntax != GlobSyntax.Name;

    private readonly int PatternAt(int p) => p < _pattern.Length ? int.CreateTruncating(_pattern[p]) : 0;

    private readonly int TextAt(int t) => t < _text.Length ? int.CreateTruncating(_text[t]) : 0;

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
            var wanted = PatternAt(p);
            var found = TextAt(t);
            if (found == 0 && wanted != '*')
            {
                return Outcome.AbortAll;
            }

            switch (wanted)
            {
                case '?':
                    if (IsPath && found == '/')
                    {
                        return Outcome.NoMatch;
                    }

                    break;
                case '*':
                    if (MatchStar(start, ref p, ref t) is { } outcome)
                    {
                        return outcome;
                    }

                    break;
                case '[':
                    if (MatchBracket(ref p, found) is var isMember && isMember is null)
                    {
                        return Outcome.AbortAll;
                    }

                    if (isMember == false || (IsPath && found == '/'))
                    {
                        return Outcome.NoMatch;
                    }

                    break;
                default:
                    if (wanted == '\\')
                    {
                        wanted = PatternAt(++p);
                    }

                    if (found != wanted)
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
        var crossesSlash = !IsPath;
        if (PatternAt(p) == '*')
        {
            while (PatternAt(++p) == '*') { }

            var beginsComponent = first == start || PatternAt(first - 1) == '/';
            var endsComponent = PatternAt(p) is 0 or '/' || (PatternAt(p) == '\\' && PatternAt(p + 1) == '/');
            if (IsPath && (_syntax == GlobSyntax.Path || (beginsComponent && endsComponent)))
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
            return crossesSlash || !rest.Contains(Slash) ? Outcome.Match : Outcome.NoMatch;
        }

        if (!crossesSlash && PatternAt(p) == '/')
        {
            var slash = rest.IndexOf(Slash);
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
                while (t < _text.Length && _text[t] != _pattern[p] && (crossesSlash || _text[t] != Slash))
                {
                    t++;
                }

                if (TextAt(t) != PatternAt(p))
                {
                    return crossesSlash ? Outcome.AbortAll : Outcome.AbortToStarStar;
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
            else if (!crossesSlash && _text[t] == Slash)
            {
                return Outcome.AbortToStarStar;
            }
        }

        return Outcome.AbortAll;
    }

    /// <summary>Whether a unit is in the bracket; null when the bracket is malformed. Leaves p at its end.</summary>
    private readonly bool? MatchBracket(ref int p, int found)
    {
        var current = PatternAt(++p);
        var negated = current is '!' or '^';
        if (negated)
        {
            current = PatternAt(++p);
        }

        var previous = 0;
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

                matched |= found == current;
            }
            else if (current == '-' && previous != 0 && PatternAt(p + 1) is not (0 or ']'))
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

                matched |= found >= previous && found <= current;
                current = 0;
            }
            else if (current == '[' && PatternAt(p + 1) == ':')
            {
                var begin = p + 2;
                var length = _pattern[Math.Min(begin, _pattern.Length)..].IndexOf(T.CreateTruncating(']'));
                if (length < 0)
                {
                    return null;
                }

                if (length == 0 || PatternAt(begin + length - 1) != ':')
                {
                    matched |= found == '[';
                }
                else
                {
                    if (IsInClass(_pattern.Slice(begin, length - 1), found) is not { } isInClass)
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
                matched |= found == current;
            }

            previous = current;
            current = PatternAt(++p);
        } while (current != ']');
        return matched != negated;
    }

    private static bool? IsInClass(ReadOnlySpan<T> name, int unit)
    {
        if (name.Length > MaxClassName)
        {
            return null;
        }

        Span<char> letters = stackalloc char[name.Length];
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = (char)int.CreateTruncating(name[i]);
        }

        return letters switch
        {
            "alnum" => IsLetter(unit) || IsDigit(unit),
            "alpha" => IsLetter(unit),
            "blank" => unit is ' ' or '\t',
            "cntrl" => unit is < 32 or 127,
            "digit" => IsDigit(unit),
            "graph" => unit is > 32 and < 127,
            "lower" => unit is >= 'a' and <= 'z',
            "print" => unit is >= 32 and < 127,
            "punct" => unit is > 32 and < 127 && !IsLetter(unit) && !IsDigit(unit),
            "space" => unit is ' ' or (>= 9 and <= 13),
            "upper" => unit is >= 'A' and <= 'Z',
            "xdigit" => IsDigit(unit) || unit is (>= 'A' and <= 'F') or (>= 'a' and <= 'f'),
            _ => null,
        };
    }

    private static bool IsLetter(int unit) => unit is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');

    private static bool IsDigit(int unit) => unit is >= '0' and <= '9';
}
