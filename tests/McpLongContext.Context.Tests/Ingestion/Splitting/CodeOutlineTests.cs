using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

/// <summary>Items as first line, line of the head, first line of the body, line after; counted from 0.</summary>
public sealed class CodeOutlineTests
{
    [Theory]
    [InlineData("a.c", "int a;\nint b;\n", "0,0,1,1 1,1,2,2")]
    [InlineData("a.c", "int f()\n{\n  x;\n}\n", "0,0,2,4")]
    [InlineData("a.c", "int f(\n  int a)\n{\n  x;\n}\ny;\n", "0,0,3,5 5,5,6,6")]
    [InlineData("a.c", "\n\n}\nint a;\n", "3,3,4,4")]
    [InlineData("a.c", "// of a\nint a;\n\nint b;\n", "0,1,2,2 3,3,4,4")]
    [InlineData("a.c", "int a =\n  1 +\n  2;\nint b;\n", "0,0,3,3 3,3,4,4")]
    [InlineData("a.c", "int a =\n1;\n", "0,0,2,2")]
    [InlineData("a.c", "f(1)\ng(2)\n", "0,0,1,1 1,1,2,2")]
    [InlineData("a.c", "if (a) {\n  b;\n} else {\n  c;\n}\n", "0,0,1,5")]
    [InlineData("a.c", "if (a) {\n  b;\n}\n\nelse_where();\n", "0,0,1,3 4,4,5,5")]
    [InlineData("a.c", "#define A \\\n  1\n#define B 2\nint c;\n", "0,0,2,2 2,2,3,3 3,3,4,4")]
    [InlineData("a.cs", "[Fact]\npublic void A()\n{\n  x;\n}\n", "0,1,3,5")]
    [InlineData("a.cs", "[Theory]\n[InlineData(\n  1\n)]\nvoid A() { }\n", "0,4,5,5")]
    [InlineData("a.cs", "int A =>\n  1;\nint B => 2;\n", "0,0,2,2 2,2,3,3")]
    [InlineData("a.cs", "var a = b\n  .C()\n  .D();\n", "0,0,3,3")]
    [InlineData("a.cs", "class A\n  where T : B\n{\n  int c;\n}\n", "0,0,3,5")]
    [InlineData("a.java", "@Override\n@A(\n  b\n)\nint c() {\n  d;\n}\n", "0,4,5,7")]
    [InlineData("a.rs", "#[test]\nfn a() {\n  b\n}\n", "0,1,2,4")]
    [InlineData("a.cpp", "template <class T>\nint a() {\n  b;\n}\n", "0,1,2,4")]
    [InlineData("a.css", "@media x {\n  a { b: c; }\n}\n", "0,0,1,3")]
    [InlineData("a.js", "const a = b\nconst c = d\n", "0,0,1,1 1,1,2,2")]
    [InlineData("a.js", "a\n  .b()\n  .c()\nd()\n", "0,0,3,3 3,3,4,4")]
    [InlineData("a.py", "def a():\n    b\n\n    c\nd\n", "0,0,1,4 4,4,5,5")]
    [InlineData("a.py", "@a\n@b(\n    1,\n)\ndef c():\n    d\n", "0,4,5,6")]
    [InlineData("a.py", "if a:\n    b\nelif c:\n    d\nelse:\n    e\nf\n", "0,0,1,6 6,6,7,7")]
    [InlineData("a.py", "try:\n    b\nexcept:\n    c\nfinally:\n    d\n", "0,0,1,6")]
    [InlineData("a.py", "a = [\n    1,\n]\nb\n", "0,0,3,3 3,3,4,4")]
    [InlineData("a.rb", "def a\n  b\nend\nc\n", "0,0,1,3 3,3,4,4")]
    [InlineData("a.sh", "if a\nthen\n  b\nfi\nc\n", "0,0,2,4 4,4,5,5")]
    [InlineData("a.sql", "create\n  a;\nend;\nb;\n", "0,0,1,3 3,3,4,4")]
    public void Statements_reach_to_the_next_that_is_nested_no_deeper(string path, string text, string items) =>
        Assert.Equal(
            items,
            string.Join(
                ' ',
                Outline(path, text, out var lines)
                    .Items(0, lines)
                    .Select(item => $"{item.First},{item.Code},{item.Body},{item.End}")
            )
        );

    [Theory]
    [InlineData("int a;\n", 1, false, false)]
    [InlineData("int a()\n{ }\n", 2, false, false)]
    [InlineData("int a() {\n  b; }\n", 2, true, true)]
    [InlineData("int a =\n  b +\n  c;\n", 3, false, true)]
    [InlineData("// said\nint a()\n{ }\n", 2, false, false)]
    public void What_has_three_lines_or_a_body_is_cited_on_its_own(
        string text,
        int lines,
        bool hasBody,
        bool isFunction
    )
    {
        var item = Outline("a.c", text, out var count).Items(0, count).Single();
        Assert.Equal((lines, hasBody, isFunction), (item.CodeLines, item.HasBody, item.IsFunctionLike));
    }

    [Fact]
    public void A_header_is_the_head_on_one_line_without_comments_and_bounded()
    {
        Assert.Equal("int f( int a, int b) {", Header("// f\nint f(\n  int a,\n  // said\n  int b)\n{\n  x;\n}\n"));
        Assert.Equal("int a;", Header("int a;\n"));
        Assert.Equal(120, Header($"int {new string('a', 200)}(\n  int b)\n{{\n  x;\n}}\n").Length);
        Assert.Equal(120, Header($"int {new string('a', 100)}(\n  int {new string('b', 50)})\n{{\n  x;\n}}\n").Length);

        static string Header(string text)
        {
            var outline = Outline("a.c", text, out var count);
            return outline.Header(outline.Items(0, count).Single());
        }
    }

    private static CodeOutline Outline(string path, string text, out int lines)
    {
        var index = LineIndex.Of(text);
        lines = index.Count;
        return new CodeOutline(index, CodeLanguage.Of(path));
    }
}
