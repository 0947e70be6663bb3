using System.Diagnostics;
using System.Globalization;
using System.Text;
using McpLongContext.Inference;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Generation;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using Decoder = McpLongContext.Inference.Decoders.Decoder;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// Needles in the text of a book: how often a model that reads it through retrieval attention answers rightly, by mode and
/// length, beside the same model that sees the end of the text only, as much as its window holds.
/// </summary>
internal sealed class PassKeyBenchmark : IDisposable
{
    private const int AnswerTokens = 12;

    /// <summary>Spans that a needle is looked for in beside those that are read: whether a search for more would find it.</summary>
    private const int MoreSpans = 16;

    /// <summary>The model alone, which sees the end of the text.</summary>
    private const string Plain = RetrievalReader.PlainWindow;

    private readonly TextWriter _output;
    private readonly Decoder _model;
    private readonly Tokenizer _tokenizer;
    private readonly ChatFrame _frame;
    private readonly RetrievalHeads _heads;
    private readonly int? _layerBegin;
    private readonly bool _isChat;
    private readonly ComputeThreadPool _threadPool = new(Environment.ProcessorCount);

    /// <summary>Loads a model.</summary>
    /// <param name="output">Receives what is measured.</param>
    /// <param name="model">Its name, and perhaps after an @ the first layer that reads from token memory.</param>
    public PassKeyBenchmark(TextWriter output, string model)
    {
        _output = output;
        var (name, at) = model.Split('@') is [var first, var second] ? (first, second) : (model, null);
        _layerBegin = at is null ? null : int.Parse(at, CultureInfo.InvariantCulture);
        var installed =
            new ModelStore().List().FirstOrDefault(model => model.Name == name)
            ?? throw new ModelException($"{name} is not installed.");
        _model = Decoder.Load(installed.Folder, cache: WeightCache.Of(installed));
        _tokenizer = ModelTokenizer.Load(installed.Folder);
        _isChat = ChatTemplate.Of(_tokenizer) is not null;
        _frame = ChatFrame.Of(_tokenizer);
        var watch = Stopwatch.StartNew();
        _heads = RetrievalHeadsFile.ReadOrCalibrate(installed, _model, _tokenizer, [.. _frame.Before]);
        output.WriteLine(
            $"heads in {watch.Elapsed.TotalSeconds:F1} s: layer {_heads.Layer}, group {_heads.KeyValueHead}, "
                + $"heads {string.Join(", ", _heads.Heads)}, {_heads.HitRate:P0} of its facts"
        );
    }

    public void Dispose()
    {
        _threadPool.Dispose();
        _model.Dispose();
    }

    /// <summary>Measures all kinds of needles at each length.</summary>
    public void Run(IReadOnlyList<string> books, IReadOnlyList<int> lengths, int positions, IReadOnlyList<string> modes)
    {
        var text = string.Join("\n\n", books.Select(File.ReadAllText));
        var tokens = _tokenizer.Encode(text.AsSpan(0, Math.Min(text.Length, lengths.Max() * 8))).AsSpan();
        tokens = tokens[..Math.Min(tokens.Length, lengths.Max())];
        var depth = modes.Any(mode => ModeOf(mode).Depth == KeyDepth.Full) ? KeyDepth.Full : KeyDepth.Selection;
        using var encoder = new KeyEncoder(
            _model,
            KeyLayout.Of(_model.Config, _heads, depth, _layerBegin),
            [.. _frame.Before]
        );
        var watch = Stopwatch.StartNew();
        var memory = new BookMemory(encoder, tokens);
        _output.WriteLine(
            $"{tokens.Length} tokens encoded ({depth}) in {watch.Elapsed.TotalSeconds:F1} s, "
                + $"{encoder.Layout.Shape.TokenBytes} bytes each"
        );
        _output.WriteLine(
            $"{"needle", -10} {"tokens", 8} {"first", 6} {"found", 6} {$"of {MoreSpans}", 6}  {string.Join("  ", modes.Select(mode => $"{mode, 9}"))}"
        );
        foreach (var length in lengths)
        {
            var passKeys = Enumerable.Range(0, positions).Select(i => new[] { new Needles(length + i).PassKey() });
            Report("passkey", length, memory, encoder, passKeys, modes);
            var singles = Enumerable.Range(0, positions).Select(i => new Needles(length + 100 + i).Numbers(1));
            Report("single", length, memory, encoder, singles, modes);
            var tens = Enumerable.Range(0, (positions + 9) / 10).Select(i => new Needles(length + 200 + i).Numbers(10));
            Report("10 keys", length, memory, encoder, tens, modes);
        }
    }

    private static IReadingMode ModeOf(string name) =>
        name == Plain
            ? new RereadMode()
            : ReadingModes.Find(name)
                ?? throw new ArgumentException(
                    $"{name} found, expected {string.Join(", ", ReadingModes.All.Select(mode => mode.Name))} or {Plain}.",
                    nameof(name)
                );

    private RetrievalReader Reader(KeyEncoder encoder, bool retrieves = true) =>
        new(_model, _tokenizer, encoder.Layout, encoder, _threadPool) { Retrieves = retrieves };

    /// <summary>A reader that selects so many spans, however good they are.</summary>
    private RetrievalReader Reader(KeyEncoder encoder, int spans)
    {
        var plan = new SpanPlan();
        return new RetrievalReader(_model, _tokenizer, encoder.Layout, encoder, _threadPool)
        {
            Plan = plan with { Budget = spans * (plan.Before + plan.After) },
        };
    }

    /// <summary>Whether a needle stands in what a reader selects for it.</summary>
    private bool IsFound(RetrievalReader reader, BookMemory memory, Needle needle) =>
        reader
            .Select(memory, needle.Question)
            .Any(span =>
                _tokenizer.Decode([.. memory.ReadTokens(span)]).Contains(needle.Answer, StringComparison.Ordinal)
            );

    private void Report(
        string name,
        int length,
        BookMemory memory,
        KeyEncoder encoder,
        IEnumerable<IReadOnlyList<Needle>> sets,
        IReadOnlyList<string> modes
    )
    {
        var (asked, first, found, more) = (0, 0, 0, 0);
        var right = new int[modes.Count];
        var all = sets.ToList();
        for (var set = 0; set < all.Count; set++)
        {
            memory.Show(length);
            for (var i = 0; i < all[set].Count; i++)
            {
                memory.Plant(
                    all[set][i].Sentence,
                    ((all.Count * i) + set + 0.5) / (all.Count * all[set].Count),
                    _tokenizer
                );
            }

            foreach (var needle in all[set])
            {
                asked++;
                var isFound = IsFound(Reader(encoder), memory, needle);
                found += isFound ? 1 : 0;
                first += IsFound(Reader(encoder, 1), memory, needle) ? 1 : 0;
                more += IsFound(Reader(encoder, MoreSpans), memory, needle) ? 1 : 0;
                for (var mode = 0; mode < modes.Count; mode++)
                {
                    var answer = Answer(Reader(encoder, modes[mode] != Plain), memory, needle, modes[mode]);
                    if (answer.Contains(needle.Answer, StringComparison.Ordinal))
                    {
                        right[mode]++;
                    }
                    else
                    {
                        _output.WriteLine(
                            $"  {modes[mode]}, {(isFound ? "found" : "not found")}: {needle.Question} {needle.Answer}, "
                                + $"not {answer.ReplaceLineEndings(" ").Trim()}"
                        );
                    }
                }
            }
        }

        var searches = new[] { first, found, more }.Select(count => $"{(double)count / asked, 6:P0}");
        var shares = right.Select(count => $"{(double)count / asked, 9:P0}");
        _output.WriteLine($"{name, -10} {length, 8} {string.Join(' ', searches)}  {string.Join("  ", shares)}");
    }

    private string Answer(RetrievalReader reader, BookMemory memory, Needle needle, string mode)
    {
        var prompt = _isChat
            ? new RetrievalPrompt(
                _frame.Before,
                _tokenizer.Encode("Here are excerpts of a long text.\n\n"),
                _tokenizer.Encode("\n...\n"),
                [
                    .. _tokenizer.Encode($"\n\nAnswer from the excerpts alone: {needle.Question}"),
                    .. _frame.After,
                    .. _tokenizer.Encode(needle.Begin),
                ]
            )
            : new RetrievalPrompt(
                _frame.Before,
                [],
                _tokenizer.Encode("\n\n"),
                _tokenizer.Encode($"\n\n{needle.Question} {needle.Begin}")
            );
        using var reading = reader.Begin(memory, needle.Question, prompt, ModeOf(mode), AnswerTokens);
        // The model alone reads its window as text, which takes long and is in vain where the needle is not in it.
        return
            mode == Plain && !_tokenizer.Decode(reading.Prompt.Span).Contains(needle.Answer, StringComparison.Ordinal)
            ? "in the window"
            : Generate(reading);
    }

    private string Generate(RetrievalReading reading)
    {
        var sampler = new Sampler(_tokenizer.Vocabulary.Count, SamplingSettings.Greedy);
        var text = new StringBuilder();
        var decoder = new TokenDecoder(_tokenizer);
        var tokens = reading.Run.GenerateAsync(
            reading.Prompt,
            logits => sampler.Next(logits[.._tokenizer.Vocabulary.Count]),
            AnswerTokens,
            _tokenizer.Settings.Ends
        );
        foreach (var token in tokens.ToBlockingEnumerable())
        {
            text.Append(decoder.Append(token));
        }

        return text.Append(decoder.Flush()).ToString();
    }
}
