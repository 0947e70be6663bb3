using McpLongContext.Context.LongInference;
using McpLongContext.Context.Summaries;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Context.Tests.Summaries;

public sealed class SentenceSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_sentence_is_cited_by_the_lines_that_it_attended_to_most()
    {
        var tokenizer = ModelTokenizer.Load(TinySummaryModel.Write(_folder.Path));
        SummaryDocument[] documents =
        [
            new(new TokenText("a.txt", "aa\nbb\ncc\ndd\n", tokenizer)),
            new(new TokenText("b.txt", "ee\nff\ngg\n", tokenizer)),
        ];
        int[] tokens = [.. tokenizer.Encode("xy. zz.")];
        // A frame of 2 tokens before each text and 1 after it.
        var second = documents[0].Tokens + 3;
        var attended = new AttendedSource(second + documents[1].Tokens + 3);
        var dot = Array.IndexOf(tokens, tokenizer.Encode(".")[^1]);
        for (var row = 0; row < tokens.Length; row++)
        {
            // The first sentence: lines 2 and 3 of a.txt, and the frame, which is no source. The second: b.txt alone.
            (int Token, float Weight)[] weights =
                row <= dot
                    ?
                    [
                        (0, 5),
                        (2 + At(documents[0], 2), 3),
                        (2 + At(documents[0], 3), 2),
                        (2 + At(documents[0], 4), 0.4f),
                        (second + 2, 0.2f),
                    ]
                    : [(second + 2 + At(documents[1], 3), 2)];
            attended.Add(0, [.. weights.Select(one => one.Token)], [.. weights.Select(one => one.Weight)]);
            attended.EndStep(row, 1);
        }

        var found = new FoundTarget(tokens, [.. Enumerable.Range(0, tokens.Length)], 0, IsPartial: false);
        var sentences = new SentenceSources(documents, frameBegin: 2, frameLength: 3).Cite(found, attended, tokenizer);

        Assert.Equal(["xy.", "zz."], sentences.Select(sentence => sentence.Text));
        Assert.Equal(["a.txt:2-3", "a.txt:4-4"], sentences[0].Sources.Select(source => source.Citation));
        Assert.Equal(5 / 5.6, sentences[0].Sources[0].Share, 1e-3);
        Assert.Equal(["b.txt:3-3"], sentences[1].Sources.Select(source => source.Citation));
        Assert.Equal(1, sentences[1].Sources[0].Share, 1e-3);
    }

    /// <summary>The first token of a line.</summary>
    private static int At(SummaryDocument document, int line) =>
        Enumerable.Range(0, document.Tokens).First(token => document.Text.LinesOf(token, 1).Start == line);
}
