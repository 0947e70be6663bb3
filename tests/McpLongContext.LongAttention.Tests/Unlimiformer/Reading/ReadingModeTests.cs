using System.Numerics.Tensors;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Reading;

/// <summary>Retrieval attention against the plain model on the same tokens, whose logits are tested by themselves.</summary>
public sealed class ReadingModeTests
{
    private static readonly int[] s_header = [1, 2, 3];
    private static readonly int[] s_text = [7, 8, 9, 10, 11, 12, 5, 13, 14, 15];
    private static readonly RetrievalPrompt s_prompt = new(s_header, [20, 21], [30], [22, 23, 24]);

    public static TheoryData<IReadingMode> Modes() => [new RereadMode(), new HeadsMode()];

    public static TheoryData<IReadingMode> Searching() => [new PerLayerMode { Plan = new SpanPlan(0, 1, 30) }];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Where_nothing_was_selected_logits_are_those_of_the_plain_model(IReadingMode mode) =>
        AssertLogits("qwen3", mode, 0, [], [.. s_header, 20, 21, 22, 23, 24], 1e-5f);

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen3")]
    [InlineData("granite")]
    public void A_text_that_fits_the_window_is_reread_as_the_plain_model_reads_it(string name)
    {
        int[] tokens = [.. s_header, 20, 21, .. s_text[..4], 30, .. s_text[6..], 22, 23, 24];
        AssertLogits(name, new RereadMode(), 0, [new(0, 0, 4, 1), new(0, 6, 4, 1)], tokens, 1e-5f);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("linear")]
    [InlineData("qwen3")]
    [InlineData("granite")]
    public void Stored_keys_and_values_stand_between_sinks_and_local_window_as_if_just_read(string name)
    {
        // The text's beginning was encoded after the same header, so that the plain model has the same keys and values,
        // but for their 8 bits.
        AssertLogits(
            name,
            new HeadsMode(),
            0,
            [new(0, 0, 8, 1)],
            [.. s_header, .. s_text[..8], 20, 21, 22, 23, 24],
            0.08f
        );
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("linear")]
    [InlineData("qwen3")]
    [InlineData("granite")]
    public void Searched_in_every_layer_a_memory_that_is_read_whole_is_as_if_just_read(string name)
    {
        int[] tokens = [.. s_header, .. s_text, 20, 21, 22, 23, 24];
        AssertLogits(name, new PerLayerMode { Plan = new SpanPlan(0, 1, 30) }, 0, [], tokens, 0.08f);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    public void With_an_empty_memory_a_search_in_every_layer_changes_nothing(string name)
    {
        using var model = TinyModel.Load(name);
        using var run = model.CreateSession(threads: 1);
        var expected = TinyModel.Logits(run, [.. s_header, 20, 21, 22, 23, 24], 3);
        Memory(model, 0, out var layout);
        var mode = new PerLayerMode { Plan = new SpanPlan(0, 1, 30) };
        using var reading = mode.Begin(new ReadingSource(model, new TokenMemory(), layout, 2), s_prompt, []);
        var found = TinyModel.Logits(reading.Run, reading.Prompt.Span, 3);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-5f);
        }

        Assert.Empty(reading.Attention.Spans);
    }

    [Fact]
    public void The_first_token_that_is_chosen_sees_the_memory_already()
    {
        using var model = TinyModel.Load("llama");
        var none = Read(model, new HeadsMode(), 1, []);
        var spans = Read(model, new HeadsMode(), 1, [new(0, 0, 8, 1)]);
        var search = Read(model, new PerLayerMode { Plan = new SpanPlan(0, 1, 30) }, 1, []);
        Assert.True(TensorPrimitives.Distance<float>(none, spans) > 0.01f);
        Assert.True(TensorPrimitives.Distance<float>(none, search) > 0.01f);
    }

    [Fact]
    public void Prefix_and_question_are_never_beyond_the_local_window()
    {
        using var model = TinyModel.Load("llama");
        var memory = Memory(model, 0, out var layout);
        var mode = new PerLayerMode { Plan = new SpanPlan(0, 1, 30) };
        var source = new ReadingSource(model, memory, layout, 1) { Window = s_prompt.Tokens + 1 };
        var error = Assert.Throws<ArgumentException>(() => mode.Begin(source, s_prompt, []));
        Assert.Contains($"less than the window of {s_prompt.Tokens + 1}", error.Message, StringComparison.Ordinal);
        using var reading = mode.Begin(source with { Window = s_prompt.Tokens + 2 }, s_prompt, []);
        Assert.Equal(s_prompt.Local.ToArray(), reading.Prompt.ToArray());
    }

    [Theory]
    [InlineData(20, 256, 118)]
    [InlineData(20, 2048, 256)]
    [InlineData(8, 10, 1)]
    public void In_a_small_window_spans_leave_half_of_its_rest_to_what_is_written(int prompt, int window, int budget) =>
        Assert.Equal(budget, new PerLayerMode().PlanBeside(prompt, window).Budget);

    [Fact]
    public void Attention_is_shared_out_among_spans_and_the_rest()
    {
        using var model = TinyModel.Load("llama");
        var memory = Memory(model, 0, out var layout);
        using var reading = new HeadsMode().Begin(
            new ReadingSource(model, memory, layout, 2),
            s_prompt,
            [new(0, 0, 3, 1), new(0, 5, 4, 1)]
        );
        TinyModel.Logits(reading.Run, reading.Prompt.Span, 1);

        var shares = reading.Attention.Spans.Select(span => span.Share).ToList();

        Assert.Equal(2, shares.Count);
        Assert.All(shares, share => Assert.InRange(share, 0.01, 0.9));
        Assert.InRange(shares.Sum(), 0.02, 0.95);
    }

    [Fact]
    public void Spans_are_selected_again_by_what_was_written_and_stand_where_the_others_stood()
    {
        using var model = TinyModel.Load("llama");
        var memory = Memory(model, 0, out var layout);
        var asked = new List<int>();
        var (kept, keptSpans) = Write([new(0, 0, 6, 1)]);
        var (plain, _) = Write(null);
        var (other, otherSpans) = Write([new(0, 8, 3, 1)]);

        // Three tokens between two selections: at the fourth, and at the seventh.
        var queries = 3 * layout.Heads.Heads.Count * layout.HeadDim;
        Assert.Equal([queries, queries, queries, queries], asked);
        Assert.Equal(plain, kept);
        Assert.Equal(plain[..(3 * model.Config.VocabularySize)], other[..(3 * model.Config.VocabularySize)]);
        Assert.NotEqual(plain[(3 * model.Config.VocabularySize)..], other[(3 * model.Config.VocabularySize)..]);
        Assert.Equal([(0, 6)], keptSpans);
        Assert.Equal([(0, 6), (8, 3)], otherSpans);

        (float[] Logits, IEnumerable<(int First, int Count)> Spans) Write(IReadOnlyList<TokenMemorySpan>? again)
        {
            var source = new ReadingSource(model, memory, layout, 1)
            {
                Reselect = again is null
                    ? null
                    : (asking, budget) =>
                    {
                        Assert.Equal(6, budget);
                        asked.Add(asking.Length);
                        return again;
                    },
            };
            using var reading = new HeadsMode { Interval = 3 }.Begin(source, s_prompt, [new(0, 0, 6, 1)]);
            TinyModel.Logits(reading.Run, reading.Prompt.Span, 1);
            var logits = Enumerable.Range(30, 8).SelectMany(token => TinyModel.Logits(reading.Run, [token], 1));
            return ([.. logits], [.. reading.Attention.Spans.Select(span => (span.Span.First, span.Span.Count))]);
        }
    }

    [Fact]
    public void Local_tokens_keep_their_places_in_the_window()
    {
        using var model = TinyModel.Load("llama");
        var memory = Memory(model, 0, out var layout);
        using var reading = new HeadsMode().Begin(
            new ReadingSource(model, memory, layout, 1),
            s_prompt,
            [new(0, 0, 10, 1)]
        );
        Assert.Equal(model.Config.ContextLength - 10, reading.Run.MaxTokens);
        Assert.Equal(s_header.Length, reading.Run.Position);
        Assert.Equal([20, 21, 22, 23, 24], reading.Prompt.ToArray());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    [MemberData(nameof(Searching))]
    public void What_does_not_fit_the_window_is_refused(IReadingMode mode)
    {
        using var model = TinyModel.Load("llama");
        var memory = Memory(model, 0, out var layout);
        var prompt = s_prompt with { Suffix = new int[model.Config.ContextLength - 5] };
        var error = Assert.Throws<ArgumentException>(() =>
            mode.Begin(new ReadingSource(model, memory, layout, 1), prompt, [new(0, 0, 10, 1)])
        );
        Assert.Contains("expected less than the window of 64", error.Message, StringComparison.Ordinal);
    }

    private static void AssertLogits(
        string name,
        IReadingMode mode,
        int layerBegin,
        TokenMemorySpan[] spans,
        int[] plain,
        float tolerance
    )
    {
        using var model = TinyModel.Load(name);
        using var run = model.CreateSession(threads: 2);
        var expected = TinyModel.Logits(run, plain, 3);
        var found = Read(model, mode, layerBegin, spans);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance);
        }
    }

    /// <summary>Logits after the suffix's tokens.</summary>
    private static float[] Read(
        Inference.Decoders.Decoder model,
        IReadingMode mode,
        int layerBegin,
        TokenMemorySpan[] spans
    )
    {
        var memory = Memory(model, layerBegin, out var layout);
        using var reading = mode.Begin(new ReadingSource(model, memory, layout, 2), s_prompt, spans);
        return TinyModel.Logits(reading.Run, reading.Prompt.Span, 3);
    }

    private static TokenMemory Memory(Inference.Decoders.Decoder model, int layerBegin, out KeyLayout layout)
    {
        var heads = new RetrievalHeads(1, model.Config.KeyValueHeadCount - 1, [2, 3], 1);
        layout = KeyLayout.Of(model.Config, heads, KeyDepth.Full, layerBegin);
        using var encoder = new KeyEncoder(model, layout, s_header, 2);
        var memory = new TokenMemory();
        memory.Add(encoder, s_text);
        return memory;
    }
}
