using McpLongContext.Context.Contracts;
using McpLongContext.Training.Encoders.Pairs;

namespace McpLongContext.Training.Tests.Encoders;

public sealed class PairKindTests
{
    [Fact]
    public void The_summary_of_a_method_asks_for_the_method_without_its_comment()
    {
        var pair = Documentation(
            "src/Storage/Retry.cs",
            """
            namespace Storage;

            class Retry
            {
                /// <summary>
                /// Sends a <see cref="Storage.Request"/> again until it succeeds. Waits in between.
                /// </summary>
                /// <param name="request">What is sent.</param>
                public Response SendAgain(Request request)
                {
                    while (true)
                    {
                        Send(request);
                    }
                }
            }
            """
        );

        Assert.Equal("Sends a Request again until it succeeds.", pair.Question);
        Assert.DoesNotContain("until it succeeds", pair.Passage, StringComparison.Ordinal);
        Assert.Contains("Send Again", pair.Passage, StringComparison.Ordinal);
        Assert.StartsWith("src Storage Retry cs", pair.Header, StringComparison.Ordinal);
    }

    [Fact]
    public void A_docstring_asks_for_its_function()
    {
        var pair = Documentation(
            "lists.py",
            """"
            def merge_sorted(left, right):
                """Merge two sorted lists into one.

                :param left: The first.
                """
                result = []
                while left and right:
                    result.append(left.pop(0))
                return result
            """"
        );

        Assert.Equal("Merge two sorted lists into one.", pair.Question);
        Assert.DoesNotContain("Merge two", pair.Passage, StringComparison.Ordinal);
        Assert.Contains("merge sorted(left, right)", pair.Passage, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attribute_of_Rust_is_no_comment()
    {
        var pair = Documentation(
            "iter.rs",
            """
            /// Returns the elements of both iterators in turn.
            ///
            /// # Examples
            #[inline]
            pub fn interleave(a: Iter, b: Iter) -> Interleave {
                let first = a.fuse();
                Interleave { first, b }
            }
            """
        );

        Assert.Equal("Returns the elements of both iterators in turn.", pair.Question);
        Assert.Contains("#[inline]", pair.Passage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("// Copyright 2020 by the authors of this.")]
    [InlineData("// Add two.")]
    [InlineData("")]
    public void A_comment_that_says_nothing_of_the_function_makes_no_pair(string comment)
    {
        var code = $"{comment}\nfunction add(a, b) {{\n  const sum = a + b;\n  console.log(sum);\n  return sum;\n}}\n";

        Assert.Empty(new DocumentationPairs().Of(SourceText.Of("add.js", DocumentKind.Code, code)));
    }

    [Fact]
    public void A_heading_asks_for_its_section()
    {
        var body = string.Join(' ', Enumerable.Repeat("Give the command a folder and wait.", 5));
        var document = SourceText.Of(
            "guide.md",
            DocumentKind.Markdown,
            $"# Guide\n\n## Install the server\n\n{body}\n"
        );

        var pair = Assert.Single(new HeadingPairs().Of(document));

        Assert.Equal("Install the server", pair.Question);
        Assert.Equal(body, pair.Passage);
        Assert.Equal("", pair.Header);
    }

    [Fact]
    public void A_sentence_asks_for_the_rest_of_its_passage()
    {
        const string Text =
            "The harbor of the old town has three bridges. The oldest of them was closed in spring, when the ice took two piers. "
            + "The ferry carried grain, letters and sheep for eleven years after that.";

        var pair = Assert.Single(new SentencePairs().Of(SourceText.Of("town.txt", DocumentKind.Prose, Text)));

        Assert.Equal("The harbor of the old town has three bridges.", pair.Question);
        Assert.DoesNotContain("three bridges", pair.Passage, StringComparison.Ordinal);
        Assert.Contains("The ferry", pair.Passage, StringComparison.Ordinal);
    }

    private static TextPair Documentation(string path, string code) =>
        Assert.Single(new DocumentationPairs().Of(SourceText.Of(path, DocumentKind.Code, code)));
}
