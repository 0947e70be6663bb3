using System.Text;
using McpLongContext.Context.Globs;

namespace McpLongContext.Context.Tests.Globs;

/// <summary>Checked against git's <c>check-ignore</c>, which also ignores what lies beneath a match.</summary>
public sealed class WildMatchTests
{
    [Theory]
    [InlineData("[ab]", "a b", "c -")]
    [InlineData("[!ab]", "c", "a b")]
    [InlineData("[^ab]", "c", "a b")]
    [InlineData("[a-c]", "a b c", "d - `")]
    [InlineData("[a-c-e]", "a c - e", "d")]
    [InlineData("[a-]", "a -", "b")]
    [InlineData("[-a]", "a -", "b")]
    [InlineData("[]a]", "] a", "b [")]
    [InlineData("[!]a]", "b", "] a")]
    [InlineData("[\\]a]", "] a", "\\")]
    [InlineData("[\\a-\\c]", "a b c", "d \\")]
    [InlineData("[[-\\]]", "[ \\ ]", "- Z ^")]
    [InlineData("[+-\\-]", "+ , -", "* \\")]
    [InlineData("[[:digit:]]", "0 5 9", "a : [")]
    [InlineData("[[:digit:]x-z]", "5 x y", "w -")]
    [InlineData("[x[:digit:]-]", "5 x -", "y")]
    [InlineData("[![:digit:][:alpha:]]", "- _", "a 5")]
    [InlineData("[[:digit]", "[ : d t", "5 ]")]
    [InlineData("[[:]", "[ :", "a")]
    [InlineData("[[:nope:]]", "", "n a [")]
    public void A_bracket_stands_for_one_of_its_characters(string pattern, string matching, string others)
    {
        Assert.All(Words(matching), word => Assert.True(Match(pattern, word), word));
        Assert.All(Words(others), word => Assert.False(Match(pattern, word), word));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[a")]
    [InlineData("[!")]
    [InlineData("[a-")]
    [InlineData("[a-\\")]
    [InlineData("[\\")]
    [InlineData("[a\\")]
    [InlineData("[]")]
    [InlineData("[[:digit:]")]
    [InlineData("[[:digit")]
    [InlineData("\\")]
    public void A_pattern_that_is_cut_off_matches_nothing(string pattern) =>
        Assert.All(["", "a", "[", "\\", "5", "]", "-", pattern], text => Assert.False(Match(pattern, text), text));

    [Theory]
    [InlineData("*", "a ab .a", "a/b")]
    [InlineData("a*b", "ab axb axxb", "a/b axbc xab")]
    [InlineData("*a*b*", "ab xaybz aabb", "ba a/b")]
    [InlineData("a?b", "axb", "ab a/b axxb")]
    [InlineData("a[/]b", "", "a/b")]
    [InlineData("a[!x]b", "ayb", "axb a/b")]
    [InlineData("*/b", "a/b", "b a/c/b")]
    [InlineData("a*/*c", "a/c ab/xc", "a/b/c ac a/cd")]
    [InlineData("**", "a a/b", "")]
    [InlineData("**/b", "b a/b a/c/b", "ab a/bc")]
    [InlineData("a/**", "a/b a/b/c", "ab")]
    [InlineData("a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb ax/b")]
    [InlineData("a/**/**/b", "a/b a/x/b", "ab")]
    [InlineData("**/a*/b", "ab/b x/ab/b x/y/a/b", "a/x/b b")]
    [InlineData("a**b", "ab axxb", "a/b")]
    [InlineData("x/a**/b", "x/a/b x/ac/b", "x/b")]
    [InlineData("**\\/b", "a/b a/c/b", "b ab")]
    [InlineData("**/*a*b", "ab x/ab x/y/ayb", "ab/c")]
    [InlineData("\\*", "*", "a \\")]
    [InlineData("*\\*", "a* *", "ab")]
    [InlineData("a\\b", "ab", "a\\b")]
    [InlineData("\\\\", "\\", "\\\\")]
    [InlineData("é?", "éx", "é éé xé")]
    public void A_star_stays_within_a_part_of_a_path_and_two_go_over_parts(
        string pattern,
        string matching,
        string others
    )
    {
        Assert.All(Words(matching), path => Assert.True(Match(pattern, path), path));
        Assert.All(Words(others), path => Assert.False(Match(pattern, path), path));
    }

    [Theory]
    [InlineData("*", "a/b", true)]
    [InlineData("a*b", "a/b", true)]
    [InlineData("a?b", "a/b", true)]
    [InlineData("a[/]b", "a/b", true)]
    [InlineData("a*c", "a/b", false)]
    public void In_a_name_a_slash_is_like_any_character(string pattern, string name, bool matches) =>
        Assert.Equal(matches, WildMatch.IsMatch(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(name), false));

    /// <summary>The characters of the classes in the C locale of POSIX.</summary>
    [Theory]
    [InlineData("digit", "0123456789")]
    [InlineData("lower", "abcdefghijklmnopqrstuvwxyz")]
    [InlineData("upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    [InlineData("alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")]
    [InlineData("alnum", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")]
    [InlineData("xdigit", "0123456789ABCDEFabcdef")]
    [InlineData("blank", " \t")]
    [InlineData("space", " \t\n\v\f\r")]
    [InlineData("punct", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")]
    public void A_class_holds_the_characters_that_it_names(string name, string members)
    {
        for (var b = 1; b < 256; b++)
        {
            Assert.Equal((b, members.Contains((char)b)), (b, IsIn(name, (byte)b)));
        }
    }

    [Fact]
    public void What_prints_shows_a_mark_or_is_a_space_and_the_rest_of_ascii_controls()
    {
        for (var b = 1; b < 256; b++)
        {
            var shows = IsIn("alnum", (byte)b) || IsIn("punct", (byte)b);
            Assert.Equal((b, shows), (b, IsIn("graph", (byte)b)));
            Assert.Equal((b, shows || b == ' '), (b, IsIn("print", (byte)b)));
            Assert.Equal((b, b < 128 && !shows && b != ' '), (b, IsIn("cntrl", (byte)b)));
        }
    }

    private static bool IsIn(string name, byte b) =>
        WildMatch.IsMatch(Encoding.UTF8.GetBytes($"[[:{name}:]]"), [b], false);

    private static bool Match(string pattern, string path) =>
        WildMatch.IsMatch(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(path), isPath: true);

    private static string[] Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
