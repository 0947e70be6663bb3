using McpLongContext.Storage.Analysis;

namespace McpLongContext.Storage.Tests.Lexical;

public class TermAnalyzerTests
{
    [Theory]
    [InlineData("HTTPServer2", "httpserver2 http server 2")]
    [InlineData("parse_json_file", "parsejsonfil pars json fil")]
    [InlineData("__init__", "init")]
    [InlineData("MAX_TOKENS", "maxtoken max token")]
    [InlineData("IOException", "ioexception io exception")]
    [InlineData("getX", "getx get")]
    [InlineData("utf8", "utf8 utf 8")]
    [InlineData("InTo", "into")]
    [InlineData("averylongidentifier2", "averylongidentifier2 averylongidentifier 2")]
    [InlineData("0123456789abcde", "0123456789abcde 0123456789 abcd")]
    public void An_identifier_gives_its_parts_and_the_whole(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("file files filed filing", "fil")]
    [InlineData("query queries", "query")]
    [InlineData("running runs run", "run")]
    [InlineData("class classes", "class")]
    [InlineData("call called calling calls", "call")]
    [InlineData("embed embeds", "embed")]
    [InlineData("copied copying copies copy", "copy")]
    [InlineData("quickly quick", "quick")]
    [InlineData("status analysis bus", "status analysis bus")]
    [InlineData("string thing bring", "string thing bring")]
    [InlineData("plan plans planned planning", "plan")]
    [InlineData("add adds added adding", "add")]
    [InlineData("use uses", "use")]
    [InlineData("tie ties tied", "tie tied")]
    [InlineData("family gas aged putt", "family gas aged putt")]
    public void Inflections_of_a_word_are_one_term(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("The cat is on the mat", "cat mat")]
    [InlineData("don't we'll John’s", "don john")]
    [InlineData("", "")]
    [InlineData("red ox, o'neill", "red ox neill")]
    [InlineData("document-about lighthouses of the harbour", "document lighthous harbour")]
    [InlineData("-- !! \t\n\u0001", "")]
    [InlineData("there these those their about which", "")]
    public void Stop_words_and_separators_vanish(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("10.0.14", "10.0.14")]
    [InlineData("3.14.", "3.14")]
    [InlineData("42.", "42")]
    [InlineData("550E8400-e29b-41d4-a716-446655440000", "550e8400e29b41d4a716446655440000")]
    [InlineData("9f86d081884c7d659a2feaa0", "9f86d081884c7d659a2feaa0")]
    [InlineData("0123456789abcdef", "0123456789abcdef")]
    [InlineData("<550e8400-e29b-41d4-a716-446655440000>", "550e8400e29b41d4a716446655440000")]
    [InlineData(
        "550e8400-e29b-41d4-a716-44665544000000",
        "550e8400 550 8400 e29b 29 41d4 41 4 a716 716 44665544000000"
    )]
    public void Numbers_and_identities_stay_whole(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("v2.3.1", "v2.3.1 2.3.1 v2 2")]
    [InlineData("python3.10 and", "python3.10 3.10 python3 python 3")]
    [InlineData("release-2.3.1-beta", "releas 2.3.1 beta")]
    [InlineData("0x8007000E", "0x8007000e 8007000e")]
    [InlineData("0XDEAD_BEEFul", "0xdeadbeef deadbeef")]
    [InlineData("1,003,699", "1 1003699 003 699")]
    [InlineData("1'003'699", "1 1003699 003 699")]
    [InlineData("1.003.699", "1.003.699 1003699")]
    [InlineData("10 000 000", "10 10000000 000")]
    [InlineData("1_003_699", "1003699 1 003 699")]
    [InlineData("1.200 and 3,14", "1.200 3 14")]
    [InlineData("7,100,25", "7 100 25")]
    public void Versions_codes_and_grouped_numbers_are_whole_too(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("Appendix B", "appendix b")]
    [InlineData("C builds, R too", "c build r too")]
    [InlineData("A map and I", "map")]
    [InlineData("i = x + y", "")]
    public void A_capital_alone_is_a_term(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("MySQLPool", "mysql")]
    [InlineData("iOSPush", "ios")]
    [InlineData("OAuthTokenStore", "oauth")]
    [InlineData("eBPFProbe", "ebpf")]
    [InlineData("IPv6AddressParser", "ipv6")]
    [InlineData("WiFiScanner", "wifi")]
    [InlineData("LaTeXPrinter", "latex")]
    public void Short_parts_of_an_identifier_are_a_name(string text, string term) =>
        Assert.Contains(term, TermAnalyzer.Terms(text));

    [Theory]
    [InlineData("Éclair naïve ŁÓDŹ Việt", "eclair naiv lodz viet")]
    [InlineData("e\u0301tude", "etud")]
    [InlineData("Привет МИР", "привет мир")]
    public void Letters_are_folded(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("東京都", "東 京 東京 都 京都")]
    [InlineData("漢字kanji", "漢 字 漢字 kanji")]
    [InlineData("𠀀𠀁", "𠀀 𠀁 𠀀𠀁")]
    [InlineData("😀", "")]
    public void Scripts_without_spaces_give_characters_and_pairs(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData("東\udc00京", "東 京")]
    [InlineData("\ud840京", "京")]
    [InlineData("東\ud840", "東")]
    public void Half_of_a_pair_of_surrogates_is_no_character(string text, string terms) => AssertTerms(text, terms);

    [Theory]
    [InlineData('\u0e01', '\u0edf')]
    [InlineData('\u1000', '\u109f')]
    [InlineData('\u1780', '\u17d3')]
    [InlineData('\u3041', '\u30fa')]
    [InlineData('\u30fc', '\u30ff')]
    [InlineData('\u31f0', '\u31ff')]
    [InlineData('\u3400', '\u4dbf')]
    [InlineData('\u4e00', '\u9fff')]
    [InlineData('\uac00', '\ud7a3')]
    [InlineData('\ud840', '\ud8ff')]
    [InlineData('\udc00', '\udfff')]
    [InlineData('\uf900', '\ufaff')]
    [InlineData('\uff66', '\uff9f')]
    public void A_script_without_spaces_reaches_from_its_first_to_its_last_character(char first, char last)
    {
        Assert.Equal(CharacterClass.Dense, Characters.ClassOf(first));
        Assert.Equal(CharacterClass.Dense, Characters.ClassOf(last));
        Assert.NotEqual(CharacterClass.Dense, Characters.ClassOf((char)(first - 1)));
        Assert.NotEqual(CharacterClass.Dense, Characters.ClassOf((char)(last + 1)));
    }

    [Fact]
    public void Nothing_has_no_terms() => Assert.Throws<ArgumentNullException>(() => TermAnalyzer.Terms(null!));

    [Fact]
    public void A_plain_word_finds_the_identifier_written_in_any_style()
    {
        string[] styles = ["chunkSize", "ChunkSize", "chunk_size", "CHUNK_SIZE", "chunksize"];
        Assert.All(styles, style => Assert.Contains("chunksiz", TermAnalyzer.Terms(style)));
    }

    [Fact]
    public void Terms_of_hostile_text_are_bounded_and_never_split_again()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var text = new char[random.Next(2000)];
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = random.Next(3) switch
                {
                    0 => (char)random.Next(0x10000),
                    1 => (char)random.Next(0x80),
                    _ => "aZ0_.-'"[random.Next(7)],
                };
            }

            foreach (var term in TermAnalyzer.Terms(new string(text)))
            {
                Assert.InRange(term.Length, 1, TermAnalyzer.MaxTermLength);
                Assert.DoesNotContain(term, c => c < 128 && !char.IsAsciiLetterOrDigit(c) && c != '.');
                Assert.False(term.StartsWith('.') || term.EndsWith('.'), term);
            }
        }
    }

    [Fact]
    public void A_huge_word_costs_a_bounded_number_of_terms()
    {
        Assert.Single(TermAnalyzer.Terms(new string('a', 1_000_000)));
        Assert.InRange(TermAnalyzer.Terms(string.Concat(Enumerable.Repeat("aB1", 100_000))).Count, 1, 33);
        var parts = Enumerable.Range(0, 40).Select(i => $"q{(char)('a' + (i % 20))}{(char)('v' + (i / 20))}");
        Assert.Equal(33, TermAnalyzer.Terms(string.Join('_', parts)).Count);
    }

    [Fact]
    public void Common_words_of_code_and_prose_differ_from_their_neighbors()
    {
        Assert.NotEqual(TermAnalyzer.Terms("server"), TermAnalyzer.Terms("serve"));
        Assert.NotEqual(TermAnalyzer.Terms("universe"), TermAnalyzer.Terms("university"));
    }

    private static void AssertTerms(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', TermAnalyzer.Terms(text)));
}
