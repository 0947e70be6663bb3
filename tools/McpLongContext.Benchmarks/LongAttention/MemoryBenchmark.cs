using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Generation;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// A decoder's memory in a datastore: what building it costs beside the prefill of the same layers, and what a question and
/// a generated token cost when it is small and when it is large. The large one holds the text many times over, each time with
/// keys of its own on disk: a scan costs the same whatever the keys are.
/// </summary>
internal sealed class MemoryBenchmark : IDisposable
{
    private const int WindowTokens = 1024;
    private const int AnswerTokens = 32;
    private const string Question = "Which option lets the user choose the color of the line numbers?";

    private readonly TextWriter _output;
    private readonly Decoder _model;
    private readonly Tokenizer _tokenizer;
    private readonly ChatFrame _frame;
    private readonly KeyLayout _layout;
    private readonly EmbeddingProfile _profile;
    private readonly ComputeThreadPool _threadPool = new(Environment.ProcessorCount);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("memory-benchmark-");

    public MemoryBenchmark(TextWriter output, string name)
    {
        _output = output;
        var installed = new ModelStore().List().First(model => model.Name == name);
        _model = Decoder.Load(installed.Folder);
        _tokenizer = ModelTokenizer.Load(installed.Folder);
        _frame = ChatFrame.Of(ChatTemplate.Of(_tokenizer)!);
        var heads = RetrievalHeadsFile.ReadOrCalibrate(installed, _model, _tokenizer, [.. _frame.Before]);
        _layout = KeyLayout.Of(_model.Config, heads, KeyDepth.Selection);
        _profile = EmbeddingProfile.OfKeys("benchmark", _model.Config.HeadDim);
    }

    public void Dispose()
    {
        _threadPool.Dispose();
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Measures both.</summary>
    /// <param name="text">A text file.</param>
    /// <param name="tokens">Its first so many tokens are encoded.</param>
    /// <param name="sizes">Sizes of the memory that questions are asked of, in tokens.</param>
    public void Run(string text, int tokens, IReadOnlyList<int> sizes)
    {
        var content = File.ReadAllText(text);
        var ids = _tokenizer.Encode(content.AsSpan(0, Math.Min(content.Length, tokens * 8)));
        ids = ids[..Math.Min(ids.Length, tokens)];
        using var encoder = new KeyEncoder(_model, _layout, [.. _frame.Before]);
        var windows = Build(encoder, ids);
        using var datastore = new DatastoreHome(_folder.FullName).OpenOrCreate("memory");
        var stored = 0;
        foreach (var size in sizes.Order())
        {
            stored = Store(datastore, windows, stored, size);
            Ask(datastore, encoder);
        }
    }

    /// <summary>Encodes window by window, in turn with the prefill of the same layers alone, so that both meet the same load.</summary>
    private List<(int[] Ids, KeyBuffer Keys)> Build(KeyEncoder encoder, int[] ids)
    {
        using var plain = _model.CreateSession(new CausalAttention(_model.Config), _layout.LastLayer, threads: null);
        plain.Forward([.. _frame.Before], []);
        var windows = new List<(int[], KeyBuffer)>();
        var (build, prefill) = (new Cost(), new Cost());
        foreach (var window in ids.Chunk(WindowTokens))
        {
            prefill.Add(() =>
            {
                plain.Truncate(_frame.Before.Count);
                plain.Forward(window, []);
            });
            var keys = new KeyBuffer(_layout.Shape);
            build.Add(() => encoder.Encode(window, keys));
            windows.Add((window, keys));
        }

        _output.WriteLine(
            $"{ids.Length:N0} tokens through {_layout.LastLayer + 1} of {_model.Config.LayerCount} layers: keys {build}, "
                + $"prefill alone {prefill}: {build.Processor / prefill.Processor:F2} times the processor time"
        );
        return windows;
    }

    /// <summary>Publishes documents, a window each, until so many tokens are stored.</summary>
    private int Store(Datastore datastore, List<(int[] Ids, KeyBuffer Keys)> windows, int stored, int size)
    {
        var cost = new Cost();
        cost.Add(() =>
        {
            while (stored < size)
            {
                var batch = new List<NewDocument>();
                var writer = datastore.WriteKeys(_profile);
                for (; stored < size && writer.Tokens < 64 * WindowTokens; stored += WindowTokens)
                {
                    var number = stored / WindowTokens;
                    var (ids, keys) = windows[number % windows.Count];
                    var document = Document(number, _tokenizer.Decode(ids));
                    batch.Add(document);
                    writer.Add(document.ContentKey, 0, [ids.Length], ids, keys);
                }

                datastore.Apply(new CatalogChange { Put = batch });
                writer.Publish();
            }
        });
        using var snapshot = datastore.Snapshot();
        var encoder = snapshot.Statistics().Encoders.Single();
        _output.WriteLine(
            $"{encoder.Tokens, 9:N0} tokens stored in {cost}, {encoder.BytesPerToken:F1} bytes each in {encoder.Segments} segments"
        );
        return stored;
    }

    private void Ask(Datastore datastore, KeyEncoder encoder)
    {
        using var snapshot = datastore.Snapshot();
        var memory = new StoredTokenMemory(snapshot.Keys(_profile.Key)!.Documents);
        var question = _tokenizer.Encode(Question);
        var empty = _tokenizer.Encode(SelectionQuery.Empty);
        var query = SelectionQuery.Of(encoder, question, empty, _model.Config.ScoreScale);
        var (first, again) = (new Cost(), new Cost());
        IReadOnlyList<TokenHit> hits = [];
        first.Add(() => hits = TokenSelector.Select(memory, query, 256, _threadPool));
        again.Add(() => hits = TokenSelector.Select(memory, query, 256, _threadPool));
        var spans = new SpanPlan().Of(hits, memory.Texts);
        var prompt = new RetrievalPrompt(
            _frame.Before,
            _tokenizer.Encode("Here are excerpts of a long text.\n\n"),
            _tokenizer.Encode("\n...\n"),
            [.. _tokenizer.Encode($"\n\nAnswer from the excerpts alone: {Question}"), .. _frame.After]
        );
        var (read, write) = (new Cost(), new Cost());
        using var reading = new RereadMode().Begin(new ReadingSource(_model, memory, _layout), prompt, spans);
        var sampler = new Sampler(_tokenizer.Vocabulary.Count, SamplingSettings.Greedy);
        var logits = new float[_model.Config.VocabularySize];
        var state = new float[_model.Config.HiddenSize];
        read.Add(() =>
        {
            reading.Run.Forward(reading.Prompt.Span[..^1], []);
            reading.Run.Forward(reading.Prompt.Span[^1..], state);
        });
        write.Add(() =>
        {
            for (var i = 0; i < AnswerTokens; i++)
            {
                reading.Run.Logits(state, logits);
                reading.Run.Forward([sampler.Next(logits.AsSpan(0, _tokenizer.Vocabulary.Count))], state);
            }
        });
        _output.WriteLine(
            $"{memory.Tokens, 9:N0} tokens: first search {first}, then {again}; {reading.Prompt.Length} tokens read in {read}; "
                + $"a token written in {write.Wall / AnswerTokens * 1000:F0} ms ({write.Processor / AnswerTokens * 1000:F0} ms of "
                + $"processors); search, reading and writing together {(again.Wall + read.Wall + write.Wall) / AnswerTokens * 1000:F0} ms "
                + $"a token; resident {Resident("RssAnon")} own, {Resident("RssFile")} of mapped files"
        );
    }

    private static NewDocument Document(int number, string text) =>
        new()
        {
            Path = string.Create(CultureInfo.InvariantCulture, $"window-{number:D5}.txt"),
            Kind = "prose",
            ContentKey = new ContentKey(SHA256.HashData(BitConverter.GetBytes(number))),
            Bytes = text.Length,
            Modified = DateTimeOffset.UnixEpoch,
            LineCount = 1,
            Passages = [new NewPassage(1, 1, text)],
        };

    /// <summary>A line of the kernel's account of this process's memory.</summary>
    private static string Resident(string line)
    {
        const string Account = "/proc/self/status";
        return File.Exists(Account)
            ? File.ReadLines(Account)
                .First(one => one.StartsWith(line, StringComparison.Ordinal))[(line.Length + 1)..]
                .Trim()
            : "unknown";
    }

    /// <summary>Seconds on the clock and of all processors.</summary>
    private sealed class Cost
    {
        public double Wall { get; private set; }

        public double Processor { get; private set; }

        public void Add(Action work)
        {
            using var process = Process.GetCurrentProcess();
            var (watch, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
            work();
            Wall += watch.Elapsed.TotalSeconds;
            process.Refresh();
            Processor += (process.TotalProcessorTime - before).TotalSeconds;
        }

        public override string ToString() => $"{Wall:F2} s ({Processor:F2} s of processors)";
    }
}
