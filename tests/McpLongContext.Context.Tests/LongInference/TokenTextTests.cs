using McpLongContext.Context.Documents;
using McpLongContext.Context.LongInference;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Context.Tests.LongInference;

public sealed class TokenTextTests : IAsyncLifetime
{
    private Tokenizer _tokenizer = null!;

    public async ValueTask InitializeAsync() => _tokenizer = ModelTokenizer.Load(await TestModels.StoriesAsync());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Texts_of_neighboring_runs_are_together_the_text_wherever_it_is_cut()
    {
        const string Content = "Once 😀upon\r\na time,\rthere\nwas ä tiny 龍 – and\u0001 more 😀😀\n";
        var text = new TokenText("a.txt", Content, _tokenizer);
        for (var cut = 0; cut <= text.Tokens.Length; cut++)
        {
            Assert.Equal(Content, text.TextOf(0, cut) + text.TextOf(cut, text.Tokens.Length - cut));
        }
    }

    [Fact]
    public void Runs_are_cited_by_the_lines_of_their_first_and_last_byte()
    {
        const string Content = "one\ntwo\r\nthree\rfour\n\nsix";
        var lines = LineIndex.Of(Content);
        var text = new TokenText("a.txt", Content, _tokenizer);
        for (var first = 0; first < text.Tokens.Length; first++)
        {
            for (var count = 1; first + count <= text.Tokens.Length; count++)
            {
                var start = text.TextOf(0, first).Length;
                var end = start + text.TextOf(first, count).Length - 1;
                Assert.Equal($"a.txt:{lines.LineAt(start) + 1}-{lines.LineAt(end) + 1}", text.Cite(first, count));
            }
        }
    }
}
