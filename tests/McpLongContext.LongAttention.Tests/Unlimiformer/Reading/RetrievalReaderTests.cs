using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Tests.Shared;

namespace McpLongContext.LongAttention.Tests.Unlimiformer.Reading;

public sealed class RetrievalReaderTests : IAsyncLifetime
{
    private static readonly int[] s_header = [1];

    private Decoder _model = null!;
    private Tokenizer _tokenizer = null!;
    private KeyLayout _layout = null!;
    private KeyEncoder _encoder = null!;
    private ComputeThreadPool _threadPool = null!;

    public static TheoryData<IReadingMode> Modes() => new(ReadingModes.All);

    public async ValueTask InitializeAsync()
    {
        var folder = await TestModels.StoriesAsync();
        _model = Decoder.Load(folder);
        _tokenizer = ModelTokenizer.Load(folder);
        _layout = KeyLayout.Of(_model.Config, new RetrievalHeads(3, 2, [2], 1), KeyDepth.Full, 3);
        _encoder = new KeyEncoder(_model, _layout, s_header, 2);
        _threadPool = new ComputeThreadPool(2);
    }

    public ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        _threadPool.Dispose();
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Texts_that_fit_the_window_give_the_logits_of_the_plain_model(IReadingMode mode)
    {
        var (memory, prompt) = (Memory(60), Prompt());
        int[] plain =
        [
            .. s_header,
            .. prompt.Prefix,
            .. memory.ReadTokens(new TokenMemorySpan(0, 0, memory.Texts[0].Tokens, 0)),
            .. prompt.Suffix,
        ];
        using var run = _model.CreateSession(threads: 2);
        var expected = TinyModel.Logits(run, plain, 1);

        var reader = Reader();
        using var reading = Begin(reader, memory, prompt, mode);
        var found = TinyModel.Logits(reading.Run, reading.Prompt.Span, 1);

        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-4f);
        }

        Assert.True(reading.Report().IsWhole);
        Assert.Equal(TimeSpan.Zero, reading.Report().Retrieval);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Of_a_longer_text_a_part_is_read_and_what_it_took_is_told(IReadingMode mode)
    {
        var memory = Memory(600);
        var reader = Reader();
        using var reading = Begin(reader, memory, Prompt(), mode);
        TinyModel.Logits(reading.Run, reading.Prompt.Span, 1);

        var report = reading.Report();

        Assert.Equal(mode.Name, report.Mode);
        Assert.False(report.IsWhole);
        Assert.Equal(memory.Texts[0].Tokens, report.Tokens);
        Assert.Equal(report.Tokens * _layout.Shape.TokenBytes, report.Bytes);
        Assert.NotEmpty(report.Spans);
        Assert.InRange(report.MemoryAttention, 0.001, 0.999);
        Assert.Equal(1, report.MemoryAttention + report.LocalAttention, 1e-9);
        Assert.InRange(report.TimeShare, 1e-9, 1);
        Assert.Equal(
            mode.ReadsSpans,
            report.Selection > TimeSpan.FromTicks(0) && report.Searches.All(one => one == default)
        );
        Assert.Equal(_model.Config.LayerCount, report.Searches.Count);
        Assert.StartsWith($"{mode.Name}: ", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Prefix_and_suffix_are_read_whole_in_the_local_window(IReadingMode mode)
    {
        var reader = Reader();
        var prompt = Prompt();
        using var reading = Begin(reader, Memory(600), prompt, mode);
        Assert.Equal(prompt.Suffix, reading.Prompt.ToArray()[^prompt.Suffix.Count..]);
        var start = mode.Name == "reread" ? s_header.Length : 0;
        Assert.Equal(prompt.Prefix, reading.Prompt.ToArray()[start..(start + prompt.Prefix.Count)]);
    }

    [Fact]
    public void A_memory_without_values_is_told_from_one_that_a_mode_can_read()
    {
        var reader = Reader(_layout with { Depth = KeyDepth.Selection });
        var error = Assert.Throws<ArgumentException>(() => Begin(reader, Memory(600), Prompt(), new HeadsMode()));
        Assert.Contains("Use reread, or build the memory in full depth", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_question_selects_nothing()
    {
        var reader = Reader();
        Assert.Empty(reader.Select(Memory(300), "", TestContext.Current.CancellationToken));
        Assert.NotEmpty(reader.Select(Memory(300), "Who?", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Without_retrieval_the_model_reads_the_end_of_the_texts()
    {
        var (memory, prompt) = (Memory(600), Prompt());
        var reader = Reader(retrieves: false);
        using var reading = Begin(reader, memory, prompt, new PerLayerMode());

        var room = reader.RoomBeside(prompt, 8);
        Assert.Equal(_model.Config.ContextLength - prompt.Tokens - 8 - 1, room);
        int[] expected =
        [
            .. s_header,
            .. prompt.Prefix,
            .. memory.ReadTokens(new TokenMemorySpan(0, 600 - room, room, 0)),
            .. prompt.Suffix,
        ];
        Assert.Equal(expected, reading.Prompt.ToArray());
        var report = reading.Report();
        Assert.Equal(("window", false, TimeSpan.Zero), (report.Mode, report.IsWhole, report.Retrieval));
    }

    [Fact]
    public void Spans_leave_room_for_prompt_and_answer_in_a_smaller_window()
    {
        var (memory, prompt) = (Memory(600), Prompt());
        var reader = Reader(window: prompt.Tokens + 8 + 1 + 40);
        using var reading = Begin(reader, memory, prompt, new RereadMode());

        Assert.InRange(reading.Report().Spans.Sum(span => span.Span.Count), 8, 40);
        Assert.InRange(reading.Prompt.Length, prompt.Tokens + 8, prompt.Tokens + 40);
        Assert.Equal(reader.Window, reading.Run.MaxTokens);
    }

    [Fact]
    public void What_stands_between_spans_takes_its_part_of_the_window()
    {
        var memory = Memory(600);
        var prompt = Prompt() with { Separator = [.. Enumerable.Repeat(13, 12)] };
        var (ample, tight) = (64 + (2 * 12), 64 + (2 * 12) - 1);

        Assert.Equal(2, Spans(ample).Count);
        Assert.Single(Spans(tight));

        List<TokenMemorySpan> Spans(int room)
        {
            var reader = Reader(window: prompt.Tokens + 8 + 1 + room);
            using var reading = Begin(reader, memory, prompt, new RereadMode());
            Assert.InRange(reading.Prompt.Length, prompt.Tokens, prompt.Tokens + room);
            return [.. reading.Report().Spans.Select(span => span.Span)];
        }
    }

    [Fact]
    public void Spans_are_selected_again_by_the_queries_of_what_was_written()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var (memory, prompt, reader) = (new TextTokenMemory(_encoder), Prompt(), Reader());
        var random = new Random(1);
        int[] text = [.. Enumerable.Range(0, 600).Select(_ => random.Next(300, 3_000))];
        memory.Add("words", text, cancellation);
        var written = text[200..206];
        using var reading = Begin(reader, memory, prompt, new HeadsMode { Interval = 5 });
        var before = reading.Report().Spans.Select(span => span.Span).ToList();

        TinyModel.Logits(reading.Run, reading.Prompt.Span, 1);
        foreach (var token in written)
        {
            TinyModel.Logits(reading.Run, [token], 1);
        }

        // Below the layer that selects, nothing was inserted: its queries are those of the local text alone.
        var queries = _encoder.EncodeQueries([.. prompt.Prefix, .. prompt.Suffix, .. written[..5]]);
        var query = SelectionQuery.Of(
            queries[^(5 * _layout.HeadDim)..],
            _encoder.EncodeQueries(_tokenizer.Encode(SelectionQuery.Empty)),
            _layout.HeadDim,
            _model.Config.ScoreScale
        );
        var hits = TokenSelector.Select(memory, query, TokenSelector.Candidates, _threadPool, cancellation);
        var budget = before.Sum(span => span.Count);
        var expected = (reader.Plan with { Budget = budget }).Of(hits, memory.Texts);
        var found = reading.Report().Spans.Select(span => (span.Span.First, span.Span.Count)).ToList();
        Assert.NotEqual(before.Select(Place), expected.Select(Place));
        Assert.All(expected, span => Assert.Contains(found, one => Covers(one, span)));
        Assert.All(before, span => Assert.Contains(found, one => Covers(one, span)));

        static bool Covers((int First, int Count) one, TokenMemorySpan span) =>
            one.First <= span.First && one.First + one.Count >= span.First + span.Count;

        static (int First, int Count) Place(TokenMemorySpan span) => (span.First, span.Count);
    }

    private RetrievalReader Reader(KeyLayout? layout = null, bool retrieves = true, int? window = null) =>
        new(_model, _tokenizer, layout ?? _layout, _encoder, _threadPool)
        {
            Plan = new SpanPlan(8, 24, 64),
            Retrieves = retrieves,
            Window = window ?? _model.Config.ContextLength,
            Threads = 2,
        };

    private static RetrievalReading Begin(
        RetrievalReader reader,
        TextTokenMemory memory,
        RetrievalPrompt prompt,
        IReadingMode mode
    )
    {
        // The model's window has 256 tokens.
        var small = mode is PerLayerMode ? new PerLayerMode { Plan = new SpanPlan(2, 4, 24) } : mode;
        return reader.Begin(memory, "Who found the dog?", prompt, small, 8, TestContext.Current.CancellationToken);
    }

    private RetrievalPrompt Prompt() =>
        new(
            s_header,
            _tokenizer.Encode("A story:"),
            _tokenizer.Encode("\n"),
            _tokenizer.Encode("The dog was found by")
        );

    private TextTokenMemory Memory(int tokens)
    {
        var text = string.Concat(
            Enumerable.Repeat("Once upon a time Lily lost her dog. Tom went out and found it. ", 60)
        );
        var memory = new TextTokenMemory(_encoder);
        memory.Add("story", _tokenizer.Encode(text)[..tokens]);
        return memory;
    }
}
