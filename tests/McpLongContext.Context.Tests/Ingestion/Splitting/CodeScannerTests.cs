using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class CodeScannerTests
{
    /// <summary>
    /// The line after it is one level deep: a bracket that was counted would make it two, or the levels those of the
    /// indentation, which is none.
    /// </summary>
    [Theory]
    [InlineData("a.c", "x = \"{\";")]
    [InlineData("a.c", "x = '{';")]
    [InlineData("a.c", "x = '\\'' + '{';")]
    [InlineData("a.c", "x = '\\x7b' + \"}\";")]
    [InlineData("a.c", "x = \"\\\"{\";")]
    [InlineData("a.c", "x = \"\\\\\"; // {")]
    [InlineData("a.c", "y(); // }")]
    [InlineData("a.c", "/* { */ y();")]
    [InlineData("a.c", "/* {\n * {\n } } */")]
    [InlineData("a.c", "f({ 1, 2 }, a[0]);")]
    [InlineData("a.c", "x = \"{ no end of it")]
    [InlineData("a.c", "n = 1'000'000;")]
    [InlineData("a.c", "#define OPEN {")]
    [InlineData("a.c", "#define OPEN \\\n  {")]
    [InlineData("a.c", "#if A\nif (a) {\n#else\nif (b) {\n#endif\n}")]
    [InlineData("a.c", "#ifdef A\nif (a) {\n#elif B\nif (b) {\n#else\nif (c) {\n#endif\n}")]
    [InlineData("a.cs", "x = @\"\\\"; // {")]
    [InlineData("a.cs", "x = @\"a\"\"{\";")]
    [InlineData("a.cs", "x = @\"a\"\"\"; // {")]
    [InlineData("a.cs", "x = $@\"\\\"; // {")]
    [InlineData("a.cs", "x = @$\"\\\"; // {")]
    [InlineData("a.cs", "x = @\"{\n{\";")]
    [InlineData("a.cs", "x = \"\"\"{\"\"\";")]
    [InlineData("a.cs", "x = \"\"\"\n{ \" {\n\"\"\";")]
    [InlineData("a.cs", "x = \"\"\"\"\n{ \"\"\" {\n\"\"\"\";")]
    [InlineData("a.cs", "x = \"\"\"\"\"\"; // {")]
    [InlineData("a.java", "x = \"\"\"\n{\n\"\"\";")]
    [InlineData("a.rs", "let x: &'a str = '{';")]
    [InlineData("a.css", "/* { */")]
    [InlineData("a.dart", "x = '{ it';")]
    [InlineData("a.php", "x = '{ it'; # {")]
    [InlineData("a.php", "// {")]
    [InlineData("a.kt", "val x = \"\"\"{\n{\"\"\"")]
    [InlineData("a.js", "x = '{ it'")]
    [InlineData("a.js", "x = `{\n${ {\n`")]
    [InlineData("a.js", "x = /[{]/")]
    [InlineData("a.js", "y(/{/)")]
    [InlineData("a.js", "y(a, /{/, [/{/], !/{/, a && /{/, a || /{/, b ? /{/ : /{/)")]
    [InlineData("a.js", "/{/.test(x)")]
    [InlineData("a.js", "z = a / b; y = '{' / c")]
    [InlineData("a.ts", "x = /\\/{/")]
    [InlineData("a.go", "x := `{\n{`")]
    [InlineData("a.go", "x := '{'")]
    [InlineData("a.tf", "x = '{ it' # {")]
    [InlineData("a.graphql", "\"\"\"\n{\n\"\"\" # {")]
    public void Brackets_in_strings_comments_and_directives_are_not_counted(string path, string lines)
    {
        var scanned = Scan(path, $"a() {{\n{lines}\nb();\n}}\nc();\n");
        Assert.Equal((1, false), (scanned[^3].Level, scanned[^3].IsInside));
        Assert.Equal((0, false), (scanned[^2].Level, scanned[^2].IsInside));
        Assert.Equal(0, scanned[^1].Level);
    }

    [Theory]
    [InlineData("a.c", "x = 'ab{';")]
    [InlineData("a.c", "x = `{`;")]
    [InlineData("a.c", "x = /{/;")]
    [InlineData("a.c", "# {\nx = {;")]
    [InlineData("a.java", "x = '''{''';")]
    [InlineData("a.java", "#define {\n{")]
    [InlineData("a.java", "x = @\"\\\"{\"; }")]
    [InlineData("a.go", "x := /{/")]
    [InlineData("a.go", "x := 'it {'")]
    [InlineData("a.js", "x = \"\"\"\n{\n\"\"\"")]
    [InlineData("a.js", "x = a / b {")]
    [InlineData("a.tf", "x = `{`")]
    [InlineData("a.c", "(]")]
    [InlineData("a.c", "{)")]
    [InlineData("a.c", "/*")]
    public void Where_brackets_do_not_match_the_levels_are_those_of_the_indentation(string path, string lines)
    {
        var scanned = Scan(path, $"a() {{\n{lines}\n  b();\n}}\n");
        Assert.Equal((0, 2, 0), (scanned[0].Level, scanned[^2].Level, scanned[^1].Level));
    }

    /// <summary>In languages that nest by indentation, lines within brackets and strings belong to what opened them.</summary>
    [Theory]
    [InlineData("a.py", "x = '('", false)]
    [InlineData("a.py", "x = \"(\" # (", false)]
    [InlineData("a.py", "'''\n(\n'''", false)]
    [InlineData("a.py", "\"\"\"(\n(\"\"\"", false)]
    [InlineData("a.py", "x = {", true)]
    [InlineData("a.py", "x = (", true)]
    [InlineData("a.py", "x = [", true)]
    [InlineData("a.rb", "x = '(' # (", false)]
    [InlineData("a.rb", "x = [", true)]
    [InlineData("a.jl", "x = \"\"\"(\n(\"\"\" # (", false)]
    [InlineData("a.jl", "x = y'; z = (", true)]
    [InlineData("a.lua", "x = '(' -- (", false)]
    [InlineData("a.lua", "x = {", true)]
    [InlineData("a.sql", "select ( -- )", true)]
    [InlineData("a.fs", "let x = \"\"\"(\n(\"\"\" // (", false)]
    [InlineData("a.fs", "let x = [", true)]
    [InlineData("a.sh", "x) (", false)]
    [InlineData("a.sh", "x=\"", false)]
    [InlineData("a.hs", "f (", false)]
    public void Lines_within_brackets_are_inside(string path, string lines, bool isInside)
    {
        var closing = isInside
            ? lines[lines.LastIndexOfAny(['(', '[', '{'])] switch
            {
                '(' => ")",
                '[' => "]",
                _ => "}",
            }
            : "";
        var scanned = Scan(path, $"a\n{lines}\n  b\n{closing}\nc\n");
        Assert.Equal((2, isInside), (scanned[^3].Level, scanned[^3].IsInside));
        Assert.Equal((0, false), (scanned[^1].Level, scanned[^1].IsInside));
    }

    [Theory]
    [InlineData("a.c", "//", "#")]
    [InlineData("a.cs", "//", "--")]
    [InlineData("a.py", "#", "//")]
    [InlineData("a.sh", "#", "--")]
    [InlineData("a.yaml", "#", ";")]
    [InlineData("a.sql", "--", "#")]
    [InlineData("a.hs", "--", "//")]
    [InlineData("a.vb", "'", "#")]
    [InlineData("a.vb", "REM ", "//")]
    [InlineData("a.vb", "rem ", "//")]
    [InlineData("a.erl", "%", "#")]
    [InlineData("a.clj", ";", "#")]
    [InlineData("a.fs", "//", "#")]
    [InlineData("a.php", "#", "--")]
    [InlineData("a.graphql", "#", "//")]
    [InlineData("a.unknown", "%", "!")]
    public void A_comment_begins_as_in_its_language(string path, string mark, string other)
    {
        var scanned = Scan(path, $"  {mark} said\n{other} said\n<!-- said -->\n/* said */\n");
        Assert.Equal([true, false, true, true], scanned.Select(line => line.IsComment));
    }

    [Fact]
    public void A_mark_of_one_character_within_a_word_begins_no_comment() =>
        Assert.Equal([')', '$', '5', '0'], Scan("a.rb", "f($#)\nx $ # c\na%5\n50%0\n").Select(line => line.Last));

    [Fact]
    public void Indentation_counts_tabs_to_the_next_multiple_of_four() =>
        Assert.Equal(
            [0, 1, 4, 4, 8, 5, 3],
            Scan("a.py", "a\n b\n\tc\n   \td\n    \te\n\t f\n   \n").Select(line => line.Indent)
        );

    [Fact]
    public void A_comment_of_an_indented_language_belongs_to_the_deeper_code_behind_it() =>
        Assert.Equal(
            [0, 4, 4, 2, 0],
            Scan("a.py", "def f():\n# of x\n\n    x\n  # of nothing\ny\n")
                .Where(line => !line.IsBlank)
                .Select(line => line.Level)
        );

    [Fact]
    public void Directives_and_what_they_go_on_with_are_told_apart_from_code() =>
        Assert.Equal(
            [true, true, true, false, true, false],
            Scan("a.c", "#define A \\\n  b \\\n  c\nint d;\n# if X\ne();\n").Select(line => line.IsDirective)
        );

    [Fact]
    public void A_line_that_closes_belongs_to_the_level_that_it_returns_to() =>
        Assert.Equal([0, 1, 1, 0, 0, 0], Scan("a.c", "a({\nb;\nc;\n}); {\n}\nd;\n").Select(line => line.Level));

    private static CodeLine[] Scan(string path, string text) =>
        CodeScanner.Scan(LineIndex.Of(text), CodeLanguage.Of(path));
}
