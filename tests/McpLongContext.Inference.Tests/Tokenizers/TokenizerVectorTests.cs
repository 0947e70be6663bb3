using System.Globalization;
using System.Text;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The vectors that llama.cpp tests its own tokenizers with, on the vocabularies that belong to them.</summary>
public sealed class TokenizerVectorTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("llama-spm")]
    [InlineData("llama-bpe")]
    [InlineData("gpt-2")]
    [InlineData("qwen2")]
    [InlineData("refact")]
    public async Task Texts_have_the_tokens_of_llama_cpp(string name)
    {
        var tokenizer = await TokenizerFiles.GgufAsync(name);
        var path = await TokenizerFiles.VectorAsync($"ggml-vocab-{name}.gguf");
        var texts = (await File.ReadAllTextAsync(path + ".inp", Encoding.UTF8, Cancellation)).Split(Separator)[..^1];
        var lines = await File.ReadAllLinesAsync(path + ".out", Cancellation);

        Assert.Equal(46, texts.Length);
        Assert.Equal(texts.Length, lines.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            var expected = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var found = tokenizer.Encode(texts[i]).Select(id => id.ToString(CultureInfo.InvariantCulture));
            Assert.True(
                expected.SequenceEqual(found),
                $"{texts[i]}\nexpected {lines[i]}\nfound {string.Join(' ', found)}"
            );
            Assert.Equal(texts[i], tokenizer.Decode(tokenizer.Encode(texts[i])));
        }
    }
}
