using System.Diagnostics;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class PassageTilingTests
{
    private static readonly string[] s_paths =
    [
        "a.cs",
        "a.py",
        "a.c",
        "a.js",
        "a.go",
        "a.rs",
        "a.rb",
        "a.sh",
        "a.sql",
        "a.unknown",
        "a.json",
        "a.csv",
        "a.yaml",
    ];

    public static TheoryData<DocumentKind> Kinds => [.. Enum.GetValues<DocumentKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Passages_one_after_the_other_are_the_whole_text(DocumentKind kind)
    {
        var random = new Random(1);
        for (var i = 0; i < 400; i++)
        {
            var text = RandomText.Create(random, random.Next(1, 400));
            var passages = PassageSplitter.Split(text, kind, s_paths[i % s_paths.Length]);
            Assert.Equal(text, string.Concat(passages.Select(passage => passage.Text)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lines_are_counted_as_grep_counts_them_and_end_where_the_text_does(DocumentKind kind)
    {
        var random = new Random(2);
        for (var i = 0; i < 200; i++)
        {
            var text = RandomText.Create(random, random.Next(1, 400));
            var lines = text.Split('\n');
            foreach (var passage in PassageSplitter.Split(text, kind, s_paths[i % s_paths.Length]))
            {
                var cited = string.Join('\n', lines[(passage.StartLine - 1)..passage.EndLine]);
                var content = passage.Text.Trim();
                Assert.Contains(content, cited, StringComparison.Ordinal);
                Assert.True(
                    passage.StartLine == passage.EndLine
                        || content.Length == 0
                        || lines[passage.StartLine - 1].Trim().Length > 0
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_passage_is_longer_than_the_limit(DocumentKind kind)
    {
        var random = new Random(3);
        string[] hostile =
        [
            new('x', 1_000_000),
            new(' ', 1_000_000),
            string.Concat(Enumerable.Repeat("😀", 200_000)),
            string.Concat(Enumerable.Repeat("word ", 200_000)),
            string.Concat(Enumerable.Repeat("字", 200_000)),
            RandomText.Create(random, 20_000),
        ];
        foreach (var text in hostile)
        {
            var passages = PassageSplitter.Split(text, kind, "a.cs");
            Assert.All(passages, passage => Assert.InRange(passage.Text.Length, 1, PassageBuilder.MaxCharacters));
            Assert.All(
                passages,
                passage => Assert.False(char.IsLowSurrogate(passage.Text[0]) && text[0] != passage.Text[0])
            );
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Time_is_linear_in_the_length_of_hostile_input(DocumentKind kind)
    {
        string[] patterns =
        [
            "{",
            "}",
            "(\n",
            "{\n",
            "if (x) {\n",
            "#if X\n{\n",
            "\"\n",
            "/*",
            "[T1] ",
            "A: b\n",
            "# h\n",
            "- i\n",
            "```\n",
            "===\n",
            ". ",
            "\n",
            " \n",
            "\t",
            "CHAPTER I\n\n",
            "class A {\n",
            "def f():\n ",
            "x\n y\n  z\n",
            "a b\n",
            "\\",
            "'",
            "=> {\n",
            ": ",
            "((((\n",
            "a(",
            "<\n",
        ];
        foreach (var pattern in patterns)
        {
            var text = string.Concat(Enumerable.Repeat(pattern, 400_000 / pattern.Length));
            var watch = Stopwatch.StartNew();
            PassageSplitter.Split(text, kind, "a.cs");
            Assert.True(watch.Elapsed.TotalSeconds < 5, $"{watch.Elapsed.TotalSeconds:F1} s for {pattern}");
        }
    }
}
