using System.Numerics.Tensors;
using System.Text.Json;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>
/// Greedy continuations of a GGUF file, ours and llama.cpp's in several settings of its own: how many agree in full with
/// each other, two by two.
/// </summary>
internal static class AgreementBenchmark
{
    private const int Threads = 2;
    private const int Compared = 32;
    private const int Window = 2048;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>
    /// What llama.cpp can be set to without another model: none of it should change what the model says. One thread, because
    /// its threads wait for each other by turning, which takes the processor from whatever else runs.
    /// </summary>
    private static readonly (string Name, string Options)[] s_peers =
    [
        ("llama.cpp", "{}"),
        ("  flash attention", """{"flashAttention":true}"""),
        ("  keys, values in fp32", """{"experimentalKvCacheKeyType":"F32","experimentalKvCacheValueType":"F32"}"""),
        ("  batches of 8", """{"batchSize":8}"""),
    ];

    private static readonly string[] s_prompts =
    [
        "What is the capital of France, and what is it known for?",
        "Explain in simple words how a refrigerator works.",
        "Write a short story about a fox who wants to learn how to swim.",
        "Write a Python function that returns the largest number of a list.",
        "List five things that I should pack for a weekend in the mountains.",
        "Why do leaves change their color in autumn?",
        "Translate to German: The train leaves at half past seven.",
        "A farmer has 12 cows and buys 7 more. Then he sells 4. How many cows does he have?",
        "Write a polite letter to my neighbor, whose dog barks at night.",
        "Summarize the plot of Romeo and Juliet in two sentences.",
    ];

    /// <summary>Measures.</summary>
    /// <param name="output">Gets a line a program.</param>
    /// <param name="file">The model.</param>
    /// <param name="prompts">A file with a prompt a line; null: ten of our own.</param>
    /// <param name="record">Gets tokens and continuations for <c>tools/agreement/greedy.py</c>; null: nothing is written.</param>
    public static void Run(TextWriter output, string file, string? prompts, string? record)
    {
        var tokenizer = ModelTokenizer.Load(Path.GetDirectoryName(file)!);
        var template = ChatTemplate.Of(tokenizer);
        var texts = prompts is null ? s_prompts : File.ReadAllLines(prompts);
        int[][] encoded =
        [
            .. texts.Select(text =>
                template?.Encode([new ChatMessage(ChatRole.User, text)]) ?? tokenizer.EncodePrompt(text)
            ),
        ];
        List<(string Name, Continuation[] Continuations)> programs = [];
        foreach (var precision in new[] { Precision.Int8, Precision.Float32 })
        {
            using var model = Decoder.Load(file, precision, Threads);
            programs.Add(($"ours, {precision}", [.. encoded.Select(tokens => Continue(model, tokenizer, tokens))]));
        }

        foreach (var (name, options) in s_peers)
        {
            using var peer = LlamaCppPeer.Start(file, threads: 1, Window, options);
            programs.Add((name, [.. encoded.Select(Decode)]));

            Continuation Decode(int[] tokens)
            {
                var decoded = peer.Measure(tokens, Compared, rivals: true);
                return new Continuation(decoded.Tokens, decoded.Rivals);
            }
        }

        output.WriteLine($"{Path.GetFileName(file)}; {texts.Length} prompts, {Compared} tokens; equal in full:");
        foreach (var (row, (name, mine)) in programs.Index())
        {
            var counts = programs.Select(other => mine.Zip(other.Continuations).Count(pair => AreEqual(pair)));
            output.WriteLine($"{row + 1} {name, -24} {string.Join(' ', counts.Select(count => $"{count, 3}"))}");
        }

        if (record is not null)
        {
            var lines = texts.Select(
                (text, i) =>
                    new
                    {
                        text,
                        tokens = encoded[i],
                        continuations = programs.ToDictionary(one => one.Name.Trim(), one => one.Continuations[i]),
                    }
            );
            File.WriteAllText(record, JsonSerializer.Serialize(new { prompts = lines }, s_json));
        }

        static bool AreEqual((Continuation One, Continuation Other) pair) =>
            pair.One.Tokens.AsSpan().SequenceEqual(pair.Other.Tokens);
    }

    /// <summary>The likeliest token, one after the other, until one ends the text.</summary>
    private static Continuation Continue(Decoder model, Tokenizer tokenizer, int[] prompt)
    {
        using var run = model.CreateSession(Threads);
        var state = new float[model.Config.HiddenSize];
        var logits = new float[model.Config.VocabularySize];
        var tokens = new List<int>();
        var rivals = new List<TokenRival>();
        do
        {
            run.Forward(tokens.Count == 0 ? prompt : [tokens[^1]], state);
            run.Logits(state, logits);
            var best = TensorPrimitives.IndexOfMax<float>(logits);
            var most = logits[best];
            logits[best] = float.NegativeInfinity;
            var second = TensorPrimitives.IndexOfMax<float>(logits);
            tokens.Add(best);
            rivals.Add(new TokenRival(second, most - logits[second]));
        } while (tokens.Count < Compared && !tokenizer.Settings.Ends.Contains(tokens[^1]));
        return new Continuation([.. tokens], [.. rivals]);
    }

    /// <summary>The output of a program.</summary>
    /// <param name="Tokens">The likeliest ones.</param>
    /// <param name="Rivals">The second likeliest one of each.</param>
    private sealed record Continuation(int[] Tokens, TokenRival[] Rivals);
}
