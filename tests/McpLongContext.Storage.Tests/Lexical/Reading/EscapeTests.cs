using McpLongContext.Storage.Analysis;

namespace McpLongContext.Storage.Tests.Lexical.Reading;

/// <summary>Escape sequences belong to no word, and the characters that they stand for do.</summary>
public class EscapeTests
{
    [Theory]
    [InlineData("""{"text":"first\nheron"}""", "heron")]
    [InlineData("""{"text":"\"first\\nheron\\tegret\""}""", "egret")]
    [InlineData("""puts("\theron ready\r\nosprey armed");""", "osprey")]
    [InlineData("""re.compile(r"\bheron\b")""", "heron")]
    [InlineData("""printf("%sheron");""", "heron")]
    [InlineData("""{"name":"K\u00fcche"}""", "kuche")]
    [InlineData("""{"name":"\u043d\u0430\u0441\u043e\u0441"}""", "насос")]
    [InlineData("""{"name":"\ud842\udfb7\u5c4b"}""", "𠮷屋")]
    [InlineData("""title=Gru\u00dfwort""", "grusswort")]
    [InlineData("""msgstr "\nVorgang beendet\n" """, "vorgang")]
    [InlineData("""let s = "K\u{fc}che";""", "kuche")]
    [InlineData("""b'K\xc3\xbcche'""", "kuche")]
    [InlineData("""rename "K\303\274che.txt" """, "kuche")]
    [InlineData("""see get\_user\_name""", "get_user_name")]
    public void Behind_a_backslash(string text, string word) => AssertHas(word, text);

    [Theory]
    [InlineData("""C:\new\table\report.xlsx""", "new")]
    [InlineData("""C:\new\table\report.xlsx""", "table")]
    [InlineData("""D:\src\nested_folder""", "nested_folder")]
    [InlineData("100%sure of it", "sure")]
    [InlineData("?id=D4e5f6", "d4e5f6")]
    public void A_word_that_only_looks_escaped_is_found(string text, string word) => AssertHas(word, text);

    [Theory]
    [InlineData("\u001b[31mheron\u001b[0m missed", "heron")]
    [InlineData("\u001b[1;38;5;208mheron\u001b[0;m", "heron")]
    [InlineData("he\u001b[01;31m\u001b[Kro\u001b[m\u001b[Kn", "heron")]
    [InlineData("\u001b]8;;https://example.org/heron\u0007link\u001b]8;;\u0007", "heron")]
    [InlineData("""echo -e "\e[32mheron\e[0m" """, "heron")]
    [InlineData("""print("\x1b[32mheron\033[0megret")""", "egret")]
    [InlineData("^[[32mheron^[[0m", "heron")]
    [InlineData("[32mheron[0m", "heron")]
    public void Colors_of_terminals(string text, string word) => AssertHas(word, text);

    [Theory]
    [InlineData("<h1>&Uuml;bersicht</h1>", "ubersicht")]
    [InlineData("K&#252;che", "kuche")]
    [InlineData("K&#xFC;che", "kuche")]
    [InlineData("K&amp;uuml;che", "kuche")]
    [InlineData("heron&nbsp;egret", "egret")]
    [InlineData("super&shy;market", "supermarket")]
    [InlineData("The data<b>base</b> is kept", "database")]
    [InlineData("H<sub>2</sub>O", "h2o")]
    public void Entities_and_tags_inside_of_words(string text, string word) => AssertHas(word, text);

    [Theory]
    [InlineData("GET /suche?q=%C3%BCberholung%20bremse", "uberholung")]
    [InlineData("GET /suche?q=%C3%BCberholung%20bremse", "bremse")]
    [InlineData("q=K%25C3%25BCche", "kuche")]
    [InlineData("Die K=C3=BCche", "kuche")]
    [InlineData("Die K=FCche", "kuche")]
    [InlineData("der Maschi=\r\nnenraum", "maschinenraum")]
    [InlineData("Subject: =?utf-8?Q?=C3=9Cbersicht?=", "ubersicht")]
    [InlineData("Subject: =?UTF-8?B?w5xiZXJzaWNodA==?=", "ubersicht")]
    [InlineData("Subject: =?utf-8?Q?=C3=9Cber?=\r\n =?utf-8?Q?sicht?=", "ubersicht")]
    public void Addresses_and_mail(string text, string word) => AssertHas(word, text);

    [Theory]
    [InlineData("""Schr\"odinger""", "schrodinger")]
    [InlineData("""na\"{\i}ve""", "naive")]
    [InlineData("""Ma{\ss}stab""", "massstab")]
    [InlineData("""Stra\ss{}e""", "strasse")]
    [InlineData("""Mal\v{e}k""", "malek")]
    [InlineData("""{\"U}bersicht""", "ubersicht")]
    [InlineData("""caf\'e""", "cafe")]
    [InlineData("""\O{}rsted""", "orsted")]
    public void Letters_of_Latex(string text, string word) => AssertHas(word, text);

    [Fact]
    public void A_word_divided_at_the_end_of_a_line_is_whole() =>
        AssertHas("microscope", "the micro-\n  scope was lost");

    private static void AssertHas(string word, string text) =>
        Assert.Contains(TermAnalyzer.Terms(word)[0], TermAnalyzer.Terms(text));

    [Theory]
    [InlineData("int a = b % c; x = y & z; List<int> v; f(a)[3]")]
    [InlineData("{\"a\": {\"b\": [1, 2]}, \"c\": \"d\"}")]
    [InlineData("total = 80; port=8080 && ready")]
    [InlineData("A sentence - with a dash - and 50% of it.")]
    public void Other_text_is_read_as_it_stands(string text) =>
        Assert.Equal(text, new McpLongContext.Storage.Analysis.Reading.PlainText(forTerms: true).Read(text).ToString());
}
