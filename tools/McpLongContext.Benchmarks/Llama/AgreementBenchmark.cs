using System.Numerics.Tensors;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Llama;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>
/// Greedy continuations of a GGUF file, ours beside llama.cpp's: how many of the first tokens are equal, and where they
/// part, by how much our two likeliest tokens differ.
/// </summary>
internal static class AgreementBenchmark
{
    private const int Threads = 2;
    private const int Compared = 32;
    private const int Window = 2048;

    private static readonly string[] s_prompts =
    [
        "What is the capital of France, and what is it known for?",
        "Explain in simple words how a refrigerator works.",
        "Write a short story about a fox who wants to learn how to swim.",
        "Write a Python function that returns the largest number of a list.",
        "List five things that I should pack for a weekend in the mountains.",
        "Why do leaves change their colour in autumn?",
        "Translate to German: The train leaves at half past seven.",
        "A farmer has 12 cows and buys 7 more. Then he sells 4. How many cows does he have?",
        "Write a polite letter to my neighbour, whose dog barks at night.",
        "Summarize the plot of Romeo and Juliet in two sentences.",
    ];

    /// <summary>Measures.</summary>
    /// <param name="output">Gets a line a prompt and the sum.</param>
    /// <param name="file">The model.</param>
    /// <param name="prompts">A file with a prompt a line; null: ten of our own.</param>
    public static void Run(TextWriter output, string file, string? prompts)
    {
        var tokenizer = ModelTokenizer.Load(Path.GetDirectoryName(file)!);
        var template = ChatTemplate.Of(tokenizer);
        var texts = prompts is null ? s_prompts : File.ReadAllLines(prompts);
        int[][] encoded = [.. texts.Select(Encode)];
        using var peer = LlamaCppPeer.Start(file, Threads, Window);
        int[][] theirs = [.. encoded.Select(tokens => peer.Measure(tokens, Compared).Tokens)];

        output.WriteLine($"{Path.GetFileName(file)}; {encoded.Length} prompts, {Compared} tokens each");
        foreach (var precision in new[] { Precision.Int8, Precision.Float32 })
        {
            using var model = LlamaModel.Load(file, precision, Threads);
            var whole = 0;
            for (var i = 0; i < encoded.Length; i++)
            {
                var (equal, margin) = Compare(model, encoded[i], theirs[i]);
                whole += equal == theirs[i].Length ? 1 : 0;
                var parting = equal == theirs[i].Length ? "all" : $"{margin:F3} between our two likeliest";
                output.WriteLine($"{precision, -8} {equal, 3} of {theirs[i].Length, 2}  {parting, -36} {texts[i]}");
            }

            output.WriteLine($"{precision, -8} {whole} of {encoded.Length} agree in full");
        }

        int[] Encode(string text) =>
            template?.Encode([new ChatMessage(ChatRole.User, text)]) ?? tokenizer.EncodePrompt(text);
    }

    /// <summary>How many tokens are equal, and the difference of our two largest logits after them.</summary>
    private static (int Equal, float Margin) Compare(LlamaModel model, int[] prompt, int[] theirs)
    {
        using var run = model.CreateRun(Threads);
        var state = new float[model.Config.HiddenSize];
        var logits = new float[model.Config.VocabularySize];
        for (var equal = 0; ; equal++)
        {
            run.Forward(equal == 0 ? prompt : [theirs[equal - 1]], state);
            run.Logits(state, logits);
            var best = TensorPrimitives.IndexOfMax<float>(logits);
            if (equal + 1 == theirs.Length && best == theirs[equal])
            {
                return (theirs.Length, 0);
            }

            if (best != theirs[equal])
            {
                var most = logits[best];
                logits[best] = float.NegativeInfinity;
                return (equal, most - TensorPrimitives.Max<float>(logits));
            }
        }
    }
}
