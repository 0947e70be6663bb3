using McpLongContext.Context.Answers;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Decoders;
using McpLongContext.Context.LongInference.Modes;
using McpLongContext.Context.Retrieval;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Memories;

/// <summary>What a model is to write from a memory.</summary>
/// <param name="Asked">What the memory is searched by.</param>
/// <param name="Wording">What the model is told behind the spans that it reads.</param>
/// <param name="MaxTokens">The most tokens to write.</param>
internal sealed record MemoryTask(string Asked, string Wording, int MaxTokens);

/// <summary>What a model wrote from a memory.</summary>
/// <param name="Written">The text, and what it cost.</param>
/// <param name="Use">What was in the memory, and where the model looked.</param>
/// <param name="Spans">The spans that it read, most attended first, each with its share as the score.</param>
internal sealed record MemoryAnswer(WindowResult Written, MemoryUse Use, IReadOnlyList<Evidence> Spans);

/// <summary>
/// Lets a decoder write from all documents of a datastore: its retrieval heads scan the keys of all tokens for what the
/// question attends to most, and the model reads the spans around.
/// </summary>
internal sealed class MemoryReader(DocumentPaths paths, TimeProvider time)
{
    /// <summary>The fewest tokens that are worth reading.</summary>
    private const int LeastTokens = 32;

    private static readonly RereadMode s_mode = new RereadMode();

    /// <summary>Writes from the documents that have keys.</summary>
    /// <param name="decoder">The model, borrowed.</param>
    /// <param name="keys">What its retrieval attention needs.</param>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="documents">The documents, one at least, with their keys.</param>
    /// <param name="task">What to write.</param>
    /// <param name="written">Told after every token how many there are.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <exception cref="ContextException">The question leaves no room in the model's window.</exception>
    public async Task<MemoryAnswer> WriteAsync(
        LoadedDecoder decoder,
        DecoderKeys keys,
        DatastoreSnapshot snapshot,
        IReadOnlyList<KeyedDocument> documents,
        MemoryTask task,
        Action<int> written,
        CancellationToken cancellation
    )
    {
        var memory = new StoredMemory(documents);
        var prompt = PromptOf(decoder, keys, task.Wording);
        var start = time.GetTimestamp();
        var spans = await Task.Run(() => Select(decoder, keys, memory, prompt, task, cancellation), cancellation);
        var searched = time.GetElapsedTime(start);
        var source = new ReadingSource(decoder.Model, memory, keys.Layout, Time: time);
        using var reading = s_mode.Begin(source, prompt, spans);
        var continuation = new Continuation(decoder, reading.Run);
        var result = await continuation.GoOnAsync(
            reading.Prompt.ToArray(),
            task.MaxTokens,
            spans.Sum(span => span.Count),
            written,
            cancellation
        );
        var citations = new MemoryCitations(memory, snapshot, decoder.Tokenizer, paths);
        var attended = reading.Attention.Spans.OrderByDescending(span => span.Share).ToList();
        var evidence = attended.ConvertAll(span => citations.Cite(span.Span) with { Score = span.Share });
        var use = new MemoryUse
        {
            Kind = MemoryKind.Unlimiformer,
            Tokens = memory.Tokens,
            PendingDocuments = 0,
            Spans =
            [
                .. evidence.Zip(
                    attended,
                    (shown, span) => new AttendedLines(shown.Citation, span.Span.Count, span.Share)
                ),
            ],
            LocalShare = 1 - attended.Sum(span => span.Share),
            SearchSeconds = searched.TotalSeconds,
        };
        return new MemoryAnswer(result, use, evidence);
    }

    private static MemoryPrompt PromptOf(LoadedDecoder decoder, DecoderKeys keys, string wording) =>
        new(
            keys.Frame.Before,
            [],
            decoder.Tokenizer.Encode("\n\n"),
            [.. decoder.Tokenizer.Encode($"\n\n{wording}"), .. keys.Frame.After]
        );

    /// <summary>The spans to read: as many tokens as small models keep apart, and as the window holds.</summary>
    private static IReadOnlyList<MemorySpan> Select(
        LoadedDecoder decoder,
        DecoderKeys keys,
        StoredMemory memory,
        MemoryPrompt prompt,
        MemoryTask task,
        CancellationToken cancellation
    )
    {
        var query = SelectionQuery.Of(keys.Encoder, decoder.Tokenizer, task.Asked, decoder.Model.Config.ScoreScale);
        var hits = TokenSelector.Select(memory, query, TokenSelector.Candidates, keys.Team, cancellation);
        var plan = new SpanPlan();
        var room = decoder.Window - prompt.Tokens - task.MaxTokens - 1;
        for (var budget = Math.Min(plan.Budget, room); budget >= LeastTokens; budget--)
        {
            var spans = (plan with { Budget = budget }).Of(hits, memory.Texts);
            if (spans.Sum(span => span.Count) + (prompt.Separator.Count * spans.Count) <= room)
            {
                return spans;
            }
        }

        throw new ContextException(
            $"question: it takes {prompt.Tokens} tokens and its answer {task.MaxTokens} of a window of "
                + $"{decoder.Window}, which leaves no room for what is read from memory; ask a shorter one, or let "
                + "fewer tokens be written."
        );
    }
}
