using System.Text;

namespace McpLongContext.Context.Tests.Ingestion;

/// <summary>Texts that no author would write, from a seed.</summary>
internal static class RandomText
{
    private static readonly string[] s_pieces =
    [
        "word",
        "Another",
        "Name:",
        "Speaker One: ",
        "[T1] A: ",
        "[Gen 1:1] ",
        "[00:01:02] Bob: ",
        "=== Part 1 ===",
        "# Heading",
        "## Deeper",
        "```",
        "~~~",
        "- item",
        "1. item",
        "| a | b |",
        "---",
        "===",
        "def f(x):",
        "class A {",
        "}",
        "{",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "'",
        "\"\"\"",
        "/*",
        "*/",
        "// c",
        "# c",
        "#if X",
        "#else",
        "#endif",
        "@attr",
        "    ",
        "\t",
        "  ",
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "。",
        "字",
        "é",
        "😀",
        "\ud83d",
        "\0",
        "\u2028",
        ".",
        "! ",
        "? ",
        ";",
        ",",
        "=>",
        "return",
        "if (x) {",
        "} else {",
        "end",
        "func g() {",
        "CHAPTER IV",
        "key: value",
        "\"key\": [",
        "00:00:01.000 --> 00:00:02.000",
        "\\",
        "`",
        "$\"{x}\"",
        "namespace N;",
        "template<T>",
        "<tag>",
        "</tag>",
        "0123456789",
        "a_b_c",
        "camelCaseWord",
    ];

    public static string Create(Random random, int pieces)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pieces; i++)
        {
            var piece = s_pieces[random.Next(s_pieces.Length)];
            text.Insert(text.Length, piece, random.Next(20) == 0 ? random.Next(1, 200) : 1);
        }

        return text.ToString();
    }
}
