using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

public sealed class CodeSplitterTests
{
    [Fact]
    public void A_method_with_its_comments_and_attributes_is_a_passage_under_its_type()
    {
        const string Code = """
            using System;
            using System.IO;

            namespace App;

            /// <summary>Reads.</summary>
            public sealed class Reader<T> : IDisposable
                where T : class
            {
                private readonly int _a = '{';
                private readonly string _b = "}";

                /// <summary>Reads one.</summary>
                [Obsolete]
                public T Read(
                    int position,
                    string name)
                {
                    if (position > 0)
                    {
                        return $"{name}";
                    }

                    return null;
                }

                public int Count =>
                    _a
                    + 1;

                public void Dispose()
                {
                    // nothing {
                }
            }
            """;
        Assert.Equal(
            [
                "1-4 ",
                "6-11 ",
                "13-25 class Reader<T> : IDisposable where T : class",
                "27-29 class Reader<T> : IDisposable where T : class",
                "31-35 class Reader<T> : IDisposable where T : class",
            ],
            Split("a.cs", Code)
        );
    }

    [Fact]
    public void Python_functions_follow_indentation_with_decorators_and_docstrings()
    {
        const string Code = """
            import os

            LIMIT = {
                "a": 1,
            }


            @decorator(
                option=1,
            )
            def first(a,
                      b):
                '''Doc

            not indented
                '''
                # comment
                return [
                    a,
                ]


            class Thing(Base):
                x = 1
                y = 2
                z = 3

                def second(self):
                    if self.x:
                        return 1
                    elif self.y:
                        return 2
                    else:
                        return 3

            # commented out
                async def third(self): return 4

            if __name__ == "__main__":
                first(1, 2)
            """;
        Assert.Equal(
            ["1-5 ", "8-20 ", "23-26 ", "28-34 class Thing(Base)", "36-37 class Thing(Base)", "39-40 "],
            Split("a.py", Code)
        );
    }

    [Fact]
    public void C_functions_survive_directives_that_repeat_their_braces()
    {
        const string Code = """
            #include <stdio.h>

            #define TWICE(x) do { \
                x; x; \
            } while (0)

            static struct client *lookup(int id) {
            #ifdef FAST
                if (id) {
            #else
                if (id > 1) {
            #endif
                    return NULL;
                }
                return 0;
            }

            /* Says '"'. */
            void
            say(char *s)
            {
                char c = '"';
                char d = '\'';
                puts(s);
            }
            """;
        Assert.Equal(["1-5 ", "7-16 ", "18-25 "], Split("a.c", Code));
    }

    [Fact]
    public void Script_functions_lambdas_and_classes_are_found_without_semicolons()
    {
        const string Code = """
            import x from "x"

            const RE = /['"{]/

            export function add(a, b) {
              return a + b
            }

            const mul = async ({ a, b }) => {
              const t = `${a} {
            `
              return a * b
            }

            class Foo extends Bar {
              #p = 1
              q = 2
              r = 3

              get p() {
                return this.#p
              }

              async all() {
                await x({
                  a,
                })
              }
            }
            """;
        Assert.Equal(
            ["1-3 ", "5-7 ", "9-13 ", "15-18 ", "20-22 class Foo extends Bar", "24-29 class Foo extends Bar"],
            Split("a.js", Code)
        );
    }

    [Fact]
    public void Rust_implementations_and_go_methods_are_found()
    {
        Assert.Equal(
            ["1-3 ", "5-9 ", "11-13 impl<'a> Foo for Bar<'a>", "15-18 impl<'a> Foo for Bar<'a>", "19-22 "],
            Split(
                "a.rs",
                """
                pub struct Bar<'a> {
                    x: &'a str,
                }

                impl<'a> Foo for Bar<'a> {
                    #[inline]
                    fn foo(&self) -> char {
                        '{'
                    }

                    fn baz(self) -> Self {
                    self
                }

                pub(crate) fn bar<T>(x: impl Into<T>) -> T {
                        x.into()
                    }
                }
                fn main() {
                    let _ = "{";
                    run();
                }
                """
            )
        );
        Assert.Equal(
            ["1-6 ", "8-10 "],
            Split(
                "a.go",
                "package main\n\n// P is a point.\ntype P struct {\n\tX int\n}\n\nfunc (p *P) S() string {\n\treturn `{`\n}\n"
            )
        );
    }

    [Fact]
    public void A_long_function_is_cut_along_its_blocks_with_its_signature_as_context()
    {
        var code =
            "class A\n{\n    public void Long(int x)\n    {\n"
            + string.Concat(
                Enumerable
                    .Range(0, 12)
                    .Select(i =>
                        $"        if (x == {i})\n        {{\n            a();\n            b();\n            c();\n        }}\n\n"
                    )
            )
            + "    }\n}\n";
        var passages = PassageSplitter.Split(code, DocumentKind.Code, "a.cs");
        Assert.Equal(("class A\n{\n", "", "class A"), (passages[0].Text, passages[0].Context, passages[1].Context));
        Assert.All(passages.Skip(1), passage => Assert.InRange(passage.EndLine - passage.StartLine + 1, 10, 24));
        Assert.All(passages.Skip(2), passage => Assert.Equal("class A > void Long(int x)", passage.Context));
        Assert.All(
            passages.Skip(2),
            passage => Assert.StartsWith("        if", passage.Text, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Branches_of_a_long_chain_are_cut_between_branches()
    {
        var code =
            "int f(int x) {\n    if (x == 0) {\n        a();\n        b();\n"
            + string.Concat(
                Enumerable.Range(1, 20).Select(i => $"    }} else if (x == {i}) {{\n        a();\n        b();\n")
            )
            + "    }\n    return 0;\n}\n";
        var passages = PassageSplitter.Split(code, DocumentKind.Code, "a.c");
        Assert.All(
            passages.Skip(1).SkipLast(1),
            passage => Assert.StartsWith("    } else if", passage.Text, StringComparison.Ordinal)
        );
        Assert.All(passages, passage => Assert.InRange(passage.EndLine - passage.StartLine + 1, 3, 22));
    }

    [Fact]
    public void Members_without_bodies_are_joined_to_about_twenty_lines()
    {
        var code =
            "class A\n{\n"
            + string.Concat(Enumerable.Range(0, 50).Select(i => $"    public int P{i} {{ get; set; }}\n\n"))
            + "}\n";
        var passages = PassageSplitter.Split(code, DocumentKind.Code, "a.cs");
        Assert.InRange(passages.Count, 3, 6);
    }

    [Fact]
    public void Code_whose_brackets_do_not_match_is_split_by_indentation()
    {
        Assert.Equal(
            ["1-4 ", "6-9 "],
            Split("a.js", "function a() {\n  x('it’s {\n  y(\n}\n\nfunction b() {\n  const r = /(/;\n  z();\n}\n")
        );
    }

    [Fact]
    public void Markup_and_unknown_languages_follow_indentation()
    {
        Assert.Equal(
            ["1-4 ", "6-9 "],
            Split("a.xyz", "procedure first\n    do it's\n    more\nend\n\nprocedure second\n    do\n    more\nend\n")
        );
    }

    [Fact]
    public void Settings_carry_the_keys_that_enclose_them()
    {
        var yaml =
            "name: x\njobs:\n"
            + string.Concat(
                Enumerable
                    .Range(0, 12)
                    .Select(i => $"  job{i}:\n    runs: here\n    steps:\n      - one\n      - two\n")
            );
        var passages = PassageSplitter.Split(yaml, DocumentKind.Data, "a.yaml");
        Assert.InRange(passages.Count, 3, 8);
        Assert.Equal("jobs", passages[^1].Context);
        Assert.StartsWith("  job", passages[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_table_stand_under_its_head_line()
    {
        var csv = "id,name\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},n{i}\n"));
        var passages = PassageSplitter.Split(csv, DocumentKind.Data, "a.csv");
        Assert.Equal(6, passages.Count);
        Assert.All(passages.Skip(1), passage => Assert.Equal("id,name", passage.Context));
    }

    private static List<string> Split(string path, string code) =>
        [
            .. PassageSplitter
                .Split(code, DocumentKind.Code, path)
                .Select(passage => $"{passage.StartLine}-{passage.EndLine} {passage.Context}"),
        ];
}
