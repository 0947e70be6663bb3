using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Lets a model read a token memory for a question. What fits the window with the prompt is read as plain input,
/// whatever the mode: the logits are then those of the plain model. Of more, the mode decides. For one caller at a
/// time.
/// </summary>
public sealed class RetrievalReader
{
    /// <summary>
    /// The mode's name in reports where nothing is retrieved: the end of the token memory fits the window.
    /// </summary>
    public const string PlainWindow = "window";

    private readonly Decoder _model;
    private readonly Tokenizer _tokenizer;
    private readonly KeyLayout _layout;
    private readonly KeyEncoder _encoder;
    private readonly ComputeThreadPool _threadPool;

    /// <summary>Creates a reader.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The decoder's tokenizer.</param>
    /// <param name="layout">The key vectors that token memories store for a token.</param>
    /// <param name="encoder">Encodes questions, as it has encoded the token memories; leased.</param>
    /// <param name="threadPool">Searches; leased.</param>
    /// <exception cref="ArgumentException">
    /// The encoder looks for other heads than the token memories keep keys of.
    /// </exception>
    public RetrievalReader(
        Decoder model,
        Tokenizer tokenizer,
        KeyLayout layout,
        KeyEncoder encoder,
        ComputeThreadPool threadPool
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(threadPool);
        var (looked, kept) = (encoder.Layout.Heads, layout.Heads);
        if ((looked.Layer, looked.KeyValueHead) != (kept.Layer, kept.KeyValueHead))
        {
            throw new ArgumentException(
                $"heads of layer {looked.Layer}, KV head {looked.KeyValueHead} found, expected those of layer {kept.Layer}, KV head "
                    + $"{kept.KeyValueHead}, whose keys the memories keep.",
                nameof(encoder)
            );
        }

        (_model, _tokenizer, _layout, _encoder, _threadPool) = (model, tokenizer, layout, encoder, threadPool);
        Window = model.Config.ContextLength;
    }

    /// <summary>
    /// How much is read around the phrases that are selected. What is clearly worse than the best is left out: from two
    /// spans of one wording a small model takes now and then the number of the wrong one.
    /// </summary>
    public SpanPlan Plan { get; init; } = new(Least: 0.8);

    /// <summary>The window in force, in tokens: the model's own, or a smaller one.</summary>
    public int Window { get; init; }

    /// <summary>
    /// Whether anything is retrieved; without it the model reads the end of the token memory, as far as the window
    /// goes.
    /// </summary>
    public bool Retrieves { get; init; } = true;

    /// <summary>Threads that compute; null: one a processor.</summary>
    public int? Threads { get; init; }

    /// <summary>The clock of what is measured.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// The tokens that the window has for a token memory beside prompt and answer; negative where even those do not
    /// fit.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="answerTokens">The most tokens of the answer.</param>
    public int RoomBeside(RetrievalPrompt prompt, int answerTokens)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Window - prompt.Tokens - answerTokens - 1;
    }

    /// <summary>Selects spans of a token memory for a question.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="question">The question, without any template.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>Disjoint spans in the order of the token memory; none for an empty question.</returns>
    public IReadOnlyList<TokenMemorySpan> Select(
        ITokenMemory memory,
        string question,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Plan.Of(Search(memory, question, cancellation), memory.Texts);
    }

    /// <summary>Begins a sequence that reads a token memory.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="question">The text that spans are selected by.</param>
    /// <param name="prompt">The surrounding tokens, always in the local window: the prefix before the token memory, the
    /// suffix after it.</param>
    /// <param name="mode">How to read what does not fit the window.</param>
    /// <param name="answerTokens">Room for the answer.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ArgumentException">
    /// The prompt does not fit, or the token memory does not keep what the mode reads.
    /// </exception>
    public RetrievalReading Begin(
        ITokenMemory memory,
        string question,
        RetrievalPrompt prompt,
        IReadingMode mode,
        int answerTokens,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(mode);
        if (Retrieves && mode.Depth == KeyDepth.Full && _layout.Depth != KeyDepth.Full)
        {
            throw new ArgumentException(
                $"{mode.Name} found, which reads stored keys and values, but the memory keeps those of selection alone. "
                    + $"Use {ReadingModes.Default.Name}, or build the memory in full depth.",
                nameof(mode)
            );
        }

        var source = new ReadingSource(_model, memory, _layout, Threads, Time)
        {
            Window = Window,
            Reselect = (queries, budget) => Reselect(memory, queries, budget),
        };
        var start = Time.GetTimestamp();
        var room = RoomBeside(prompt, answerTokens);
        var plain = Whole(memory, prompt, room);
        var isWhole = plain is not null;
        if (!Retrieves)
        {
            plain ??= EndOf(memory, prompt, room);
        }

        var spans = plain ?? (mode.ReadsSpans ? Select(memory, question, prompt, room, cancellation) : []);
        var selection = plain is null ? Time.GetElapsedTime(start) : TimeSpan.Zero;
        var reading = (plain is null ? mode : new RereadMode()).Begin(source, prompt, spans);
        var name = Retrieves ? mode.Name : PlainWindow;
        return reading with { Start = new ReadingStart(source, name, isWhole, selection, start) };
    }

    private IReadOnlyList<TokenMemorySpan> Reselect(ITokenMemory memory, float[] queries, int budget)
    {
        var nothing = _encoder.EncodeQueries(_tokenizer.Encode(SelectionQuery.Empty));
        var query = SelectionQuery.Of(queries, nothing, _layout.HeadDim, _model.Config.ScoreScale);
        var hits = TokenSelector.Select(memory, query, TokenSelector.Candidates, _threadPool);
        return (Plan with { Budget = Math.Min(Plan.Budget, budget) }).Of(hits, memory.Texts);
    }

    private IReadOnlyList<TokenHit> Search(ITokenMemory memory, string question, CancellationToken cancellation)
    {
        if (_tokenizer.Encode(question).Length == 0)
        {
            return [];
        }

        var query = SelectionQuery.Of(_encoder, _tokenizer, question, _model.Config.ScoreScale);
        return TokenSelector.Select(memory, query, TokenSelector.Candidates, _threadPool, cancellation);
    }

    /// <summary>As many tokens as a model keeps apart, and as the window holds with what stands between them.</summary>
    private IReadOnlyList<TokenMemorySpan> Select(
        ITokenMemory memory,
        string question,
        RetrievalPrompt prompt,
        int room,
        CancellationToken cancellation
    )
    {
        var hits = Search(memory, question, cancellation);
        for (var budget = Math.Min(Plan.Budget, room); budget > 0; budget--)
        {
            var spans = (Plan with { Budget = budget }).Of(hits, memory.Texts);
            if (spans.Sum(span => span.Count) + (prompt.Separator.Count * spans.Count) <= room)
            {
                return spans;
            }
        }

        return [];
    }

    /// <summary>All texts as spans, where they fit the window.</summary>
    private static List<TokenMemorySpan>? Whole(ITokenMemory memory, RetrievalPrompt prompt, int room)
    {
        var texts = memory.Texts;
        var tokens = texts.Sum(text => (long)text.Tokens) + ((long)texts.Count * prompt.Separator.Count);
        return tokens > room
            ? null
            : [.. texts.Select((text, i) => new TokenMemorySpan(i, 0, text.Tokens, 0)).Where(span => span.Count > 0)];
    }

    /// <summary>The last tokens of the last texts, as many as fit the window.</summary>
    private static List<TokenMemorySpan> EndOf(ITokenMemory memory, RetrievalPrompt prompt, int room)
    {
        var spans = new List<TokenMemorySpan>();
        for (var text = memory.Texts.Count - 1; text >= 0 && room > 0; text--)
        {
            var tokens = memory.Texts[text].Tokens;
            var count = Math.Min(tokens, room);
            if (count > 0)
            {
                spans.Insert(0, new TokenMemorySpan(text, tokens - count, count, 0));
            }

            room -= count + prompt.Separator.Count;
        }

        return spans;
    }
}
