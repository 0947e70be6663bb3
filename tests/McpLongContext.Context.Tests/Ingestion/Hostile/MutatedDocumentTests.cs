using System.Text;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Hostile;

/// <summary>
/// Documents of every kind and ignore files, damaged in any way: read whole or skipped with a reason, never an error,
/// in bounded time and memory.
/// </summary>
public sealed class MutatedDocumentTests : IDisposable
{
    private const string Code = """
        using System;
        /* The keeper's "log". */
        namespace Harbour
        {
            #if DEBUG
            [Obsolete("gone")]
            #endif
            public sealed class Lamp<T> where T : class
            {
                private readonly string _text = @"a ""b"" { } // no comment";
                public int Burn(int hours) => hours > 3 ? hours / 2 : 0;
                public string Light() { if (true) { return $"{_text} {1 + 1}"; } }
            }
        }
        """;

    private const string Script =
        "def keep(lamp):\n    '''Doc: it\n    burns'''\n    for i in range(3):\n        print(f'{lamp}')\n\nclass A:\n    def b(self): pass\n";

    private const string Notes =
        "# Title\n\nText of *the* lamp.\n\n## Part\n- one\n- two\n\n```cs\nint a;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

    private const string Talk =
        "[2026-01-02 10:00] Ann: Is the lamp lit?\n[2026-01-02 10:01] Bob: It is.\nAnn: Good.\nBob: Yes.\n";

    private const string Records = "{\"a\": [1, 2, {\"b\": \"c\"}],\n \"d\": null}\n";

    private const string Ignored =
        "# comment\n*.log\n!keep.log\n/build/\n**/a?[!a-c].txt\n[[:digit:]]*\n\\#x\ndoc/**/*.md \n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.cs", Code)]
    [InlineData("a.py", Script)]
    [InlineData("a.md", Notes)]
    [InlineData("a.txt", Talk)]
    [InlineData("a.json", Records)]
    [InlineData("a.csv", "name,hours\nlamp,3\n\"a, b\",4\n")]
    [InlineData("a.html", "<html><body><p>The lamp</p><script>x < 3</script></body></html>\n")]
    public void A_mutated_document_is_split_into_the_whole_of_its_text_or_skipped(string name, string content)
    {
        var reader = new DocumentReader(new AllowedRoots(_folder.Path));
        byte[][] originals =
        [
            Encoding.UTF8.GetBytes(content),
            Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(content)).ToArray(),
            Encoding.Latin1.GetBytes(content.Replace('a', 'ä')),
        ];
        var skipped = 0;
        Mutants.Read(
            originals,
            mutant =>
            {
                var path = _folder.Write(name, mutant);
                var file = new SourceFile(path, mutant.Length, DateTimeOffset.UnixEpoch);
                if (!reader.TryRead(file, out var document, out var reason))
                {
                    Assert.NotEmpty(reason.Reason);
                    skipped++;
                    return;
                }

                var passages = PassageSplitter.Split(document.Text, document.Kind, path);
                Assert.Equal(document.Text, string.Concat(passages.Select(passage => passage.Text)));
                foreach (var passage in passages)
                {
                    Assert.InRange(passage.Text.Length, 1, PassageBuilder.MaxCharacters);
                    Assert.InRange(passage.StartLine, 1, passage.EndLine);
                }
            },
            error => false
        );
        TestContext.Current.SendDiagnosticMessage($"{name}: {skipped} of {Scale.Of(Mutants.Count)} mutants skipped");
    }

    [Fact]
    public void A_mutated_ignore_file_is_a_list_of_patterns()
    {
        string[] paths = ["a.log", "build/x/y.txt", "doc/a/b/c.md", "1/2", "keep.log", new('a', 300)];
        Mutants.Read(
            [Encoding.UTF8.GetBytes(Ignored), "[a-\\]]*?*?*?**/\n\\\n!\n/\n//\n[\n[^\n"u8.ToArray()],
            mutant =>
            {
                var file = IgnoreFile.Parse(".gitignore", Encoding.UTF8.GetString(mutant));
                foreach (var path in paths)
                {
                    file.Match(Encoding.UTF8.GetBytes(path), isDirectory: false);
                }
            },
            error => false
        );
    }
}
