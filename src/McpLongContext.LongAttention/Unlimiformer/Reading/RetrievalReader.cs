using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>
/// Lets a model read a memory for a question. What fits the window with the prompt is read as plain input, whatever the
/// mode: the logits are then those of the plain model. Of more, the mode decides. For one caller at a time.
/// </summary>
public sealed class RetrievalReader : IDisposable
{
    private readonly LlamaModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly KeyLayout _layout;
    private readonly KeyEncoder _encoder;
    private readonly WorkerTeam _team;
    private readonly int? _threads;
    private readonly TimeProvider _time;

    /// <summary>Creates a reader.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="layout">What memories keep of a token.</param>
    /// <param name="header">The tokens that stood before each window of the memories.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    /// <param name="time">The clock of what is measured; null: the system's.</param>
    /// <exception cref="ArgumentException">The header leaves no room in the model's window.</exception>
    public RetrievalReader(
        LlamaModel model,
        Tokenizer tokenizer,
        KeyLayout layout,
        ReadOnlySpan<int> header,
        int? threads = null,
        TimeProvider? time = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(layout);
        (_model, _tokenizer, _layout, _threads) = (model, tokenizer, layout, threads);
        _time = time ?? TimeProvider.System;
        _encoder = new KeyEncoder(model, layout with { Depth = KeyDepth.Selection }, header, threads);
        _team = new WorkerTeam(threads ?? Environment.ProcessorCount);
    }

    /// <summary>How much is read around the tokens that are selected.</summary>
    public SpanPlan Plan { get; init; } = new();

    /// <summary>Selects spans of a memory for a question.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="question">The question, without any template.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>Disjoint spans in the order of the memory; none for an empty question.</returns>
    public IReadOnlyList<MemorySpan> Select(
        ITokenMemory memory,
        string question,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (_tokenizer.Encode(question).Length == 0)
            return [];
        var query = SelectionQuery.Of(_encoder, _tokenizer, question, _model.Config.ScoreScale);
        return Plan.Of(
            TokenSelector.Select(memory, query, TokenSelector.Candidates, _team, cancellation),
            memory.Texts
        );
    }

    /// <summary>Begins a sequence that reads a memory.</summary>
    /// <param name="memory">The texts.</param>
    /// <param name="question">What to select by.</param>
    /// <param name="prompt">What is read besides, always in the local window: prefix before the memory, suffix behind.</param>
    /// <param name="mode">How to read what does not fit the window.</param>
    /// <param name="answerTokens">Room for the answer where the memory is read whole.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ArgumentException">The prompt does not fit, or the memory does not keep what the mode reads.</exception>
    public MemoryReading Begin(
        ITokenMemory memory,
        string question,
        MemoryPrompt prompt,
        IReadingMode mode,
        int answerTokens,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(mode);
        if (mode.Depth == KeyDepth.Full && _layout.Depth != KeyDepth.Full)
            throw new ArgumentException(
                $"{mode.Name} found, which reads stored keys and values, but the memory keeps those of selection alone. "
                    + $"Use {ReadingModes.Default.Name}, or build the memory in full depth.",
                nameof(mode)
            );
        var source = new ReadingSource(_model, memory, _layout, _threads, _time);
        var start = _time.GetTimestamp();
        var whole = Whole(memory, prompt, answerTokens);
        var spans = whole ?? (mode.ReadsSpans ? Select(memory, question, cancellation) : []);
        var selection = whole is null ? _time.GetElapsedTime(start) : TimeSpan.Zero;
        var reading = (whole is null ? mode : new RereadMode()).Begin(source, prompt, spans);
        return reading with { Start = new ReadingStart(source, mode.Name, whole is not null, selection, start) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder.Dispose();
        _team.Dispose();
    }

    /// <summary>All texts as spans, where they fit the window.</summary>
    private List<MemorySpan>? Whole(ITokenMemory memory, MemoryPrompt prompt, int answerTokens)
    {
        var texts = memory.Texts;
        long tokens = texts.Sum(text => (long)text.Tokens) + (texts.Count * prompt.Separator.Count);
        return tokens + prompt.Tokens + answerTokens >= _model.Config.ContextLength
            ? null
            : [.. texts.Select((text, i) => new MemorySpan(i, 0, text.Tokens, 0)).Where(span => span.Count > 0)];
    }
}
