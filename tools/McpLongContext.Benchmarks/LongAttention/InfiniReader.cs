using System.Numerics.Tensors;
using McpLongContext.Inference;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>An installed model with an adapter, in int8 as the product runs it: reads texts into memories and answers from them.</summary>
internal sealed class InfiniReader : IDisposable
{
    private readonly Decoder _model;
    private readonly Decoder _adapted;
    private readonly int _threads;

    /// <summary>Loads a model.</summary>
    /// <param name="name">The name that it is installed under.</param>
    /// <param name="adapter">The adapter's file; null: that of the model's folder; empty: none, all gates closed.</param>
    /// <param name="threads">Threads that compute.</param>
    public InfiniReader(string name, string? adapter, int threads)
    {
        _threads = threads;
        var installed =
            new ModelStore().List().FirstOrDefault(model => model.Name == name)
            ?? throw new ModelException($"{name} is not installed.");
        Tokenizer = ModelTokenizer.Load(installed.Folder);
        _model = Decoder.Load(installed.Folder, Precision.Int8, threads);
        Adapter = adapter is ""
            ? InfiniAdapter.None(_model.Config)
            : InfiniAdapter.Load(
                adapter ?? Path.Combine(installed.Folder, InfiniAdapter.FileName),
                _model.Config,
                installed.Entry.Files.MaxBy(file => file.Size)!.Sha256!
            );
        _adapted = Adapter.Apply(_model);
    }

    public Tokenizer Tokenizer { get; }

    public InfiniAdapter Adapter { get; }

    public DecoderConfig Config => _model.Config;

    /// <summary>Tokens of texts, from the token that begins one on; from the first text on again where they are too few.</summary>
    public int[] Read(IEnumerable<string> books, int count)
    {
        var tokens = Tokenizer.EncodePrompt(string.Join("\n\n", books.Select(File.ReadAllText)));
        var filled = new int[count];
        for (var i = 0; i < count; i++)
        {
            filled[i] = tokens[i % tokens.Length];
        }

        return filled;
    }

    /// <summary>Reads whole segments and the rest of a text into a memory.</summary>
    public void Remember(CompressiveMemory memory, ReadOnlySpan<int> tokens)
    {
        var attention = Adapter.Attend(Config, memory);
        using var run = _adapted.CreateSession(attention, Config.LayerCount - 1, _threads);
        run.Forward(tokens, []);
        attention.EndSegment();
    }

    /// <summary>The model's output after a question with a copy of a memory, until it ends.</summary>
    public string Answer(CompressiveMemory memory, string question, int most)
    {
        var copy = Adapter.CreateMemory(Config);
        copy.Restore(memory.Content.Span);
        using var run = _adapted.CreateSession(Adapter.Attend(Config, copy), _threads);
        return Write(run, Tokenizer.EncodePrompt(question), most);
    }

    /// <summary>The output of the plain model, which sees as much of the end of a text as its window holds.</summary>
    public string AnswerFromWindow(ReadOnlySpan<int> text, string question, int most)
    {
        var asked = Tokenizer.Encode(question);
        var room = Math.Min(text.Length, Config.ContextLength - asked.Length - most - 1);
        int[] prompt = [.. Tokenizer.EncodePrompt(""), .. text[^room..], .. asked];
        using var run = _model.CreateSession(_threads);
        return Write(run, prompt, most);
    }

    /// <summary>The negative log-likelihood of each token but the first, in nats, with the adapter or without.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="adapted">Whether the adapter's changes and gates are in force; otherwise segments are as long and read alone.</param>
    public double[] NegativeLogLikelihoods(int[] tokens, bool adapted)
    {
        var memory = Adapter.CreateMemory(Config);
        var gates = adapted ? Adapter.Gates : InfiniGates.Closed(Config);
        using var run = (adapted ? _adapted : _model).CreateSession(
            new SegmentedAttention(Config, memory, gates, Adapter.SegmentTokens),
            _threads
        );
        var embeddings = new float[tokens.Length * Config.HiddenSize];
        run.Forward(tokens, embeddings);
        var logits = new float[Config.VocabularySize];
        return
        [
            .. Enumerable
                .Range(0, tokens.Length - 1)
                .Select(i =>
                {
                    run.Logits(embeddings.AsSpan(i * Config.HiddenSize, Config.HiddenSize), logits);
                    var most = TensorPrimitives.Max<float>(logits);
                    var sum = logits.Sum(logit => Math.Exp(logit - most));
                    return most + Math.Log(sum) - logits[tokens[i + 1]];
                }),
        ];
    }

    public void Dispose() => _model.Dispose();

    private string Write(DecoderSession run, int[] prompt, int most)
    {
        var (state, logits) = (new float[Config.HiddenSize], new float[Config.VocabularySize]);
        var written = new List<int>();
        while (written.Count < most)
        {
            run.Forward(prompt, state);
            run.Logits(state, logits);
            var next = TensorPrimitives.IndexOfMax<float>(logits);
            if (Tokenizer.Settings.Ends.Contains(next))
            {
                break;
            }

            written.Add(next);
            prompt = [next];
        }

        return Tokenizer.Decode([.. written]).Trim();
    }
}
