using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Positions;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>
/// Perplexity of passages of a book that are four times as long as a model's window: read in trained windows, one after
/// the other without memory of each other, in one window without expansion, and in one window by each method.
/// </summary>
internal static class PerplexityBenchmark
{
    private const int Factor = 4;
    private const int BlockTokens = 256;

    /// <summary>Measures.</summary>
    /// <param name="output">Gets a line a way of reading.</param>
    /// <param name="file">The model.</param>
    /// <param name="book">A text, UTF-8.</param>
    /// <param name="count">Passages, evenly spread over the book.</param>
    /// <param name="wanted">The ways to read, by the beginnings of their lines; empty: all.</param>
    public static void Run(TextWriter output, string file, string book, int count, string[] wanted)
    {
        var tokenizer = ModelTokenizer.Load(Path.GetDirectoryName(file)!);
        using var trained = Decoder.Load(file);
        var window = trained.Config.ContextLength;
        var length = window * Factor;
        var text = tokenizer.Encode(File.ReadAllText(book));
        var starts = Enumerable
            .Range(0, count)
            .Select(i => (int)((long)(text.Length - length) * (i + 1) / (count + 1)));
        int[][] passages = [.. starts.Select(start => text[start..(start + length)])];

        output.WriteLine($"{Path.GetFileName(file)}; {count} passages of {length} tokens of {Path.GetFileName(book)}");
        output.WriteLine($"{"", -28} {"all", 10} {$"from {window}", 12}");
        Report($"windows of {window}", trained, window);
        foreach (var method in PositionMethods.Of(trained.Config))
        {
            Report(method.Name(), new PositionSettings(window, length, method).Apply(trained), length);
        }

        Report("no expansion", trained.WithPositions(length, RotaryScaling.None), length);

        void Report(string name, Decoder model, int size)
        {
            if (wanted.Length > 0 && !wanted.Any(name.StartsWith))
            {
                return;
            }

            double[][] surprises = [.. passages.Select(tokens => Read(model, tokens, size, tokenizer.Settings.Begin))];
            var all = Perplexity(surprises.SelectMany(one => one));
            var late = Perplexity(surprises.SelectMany(one => one.Skip(window)));
            output.WriteLine($"{name, -28} {all, 10:F2} {late, 12:F2}");
            output.Flush();
        }
    }

    private static double Perplexity(IEnumerable<double> surprises) => Math.Exp(surprises.Average());

    /// <summary>-ln p of every token after what stands before it in its window, which begins anew.</summary>
    private static double[] Read(Decoder model, int[] tokens, int window, int? begin)
    {
        var surprises = new double[tokens.Length];
        var embeddings = new float[BlockTokens * model.Config.HiddenSize];
        var logits = new float[BlockTokens * model.Config.VocabularySize];
        using var run = model.CreateSession();
        for (var start = 0; start < tokens.Length; start += BlockTokens)
        {
            // The token before each: what predicts it.
            var block = new int[BlockTokens];
            Array.Copy(tokens, Math.Max(start - 1, 0), block, start == 0 ? 1 : 0, BlockTokens - (start == 0 ? 1 : 0));
            if (start % window == 0)
            {
                run.Truncate(0);
                block[0] = begin ?? block[0];
            }

            run.Forward(block, embeddings);
            run.Logits(embeddings, logits);
            for (var i = 0; i < BlockTokens; i++)
            {
                var row = logits.AsSpan(i * model.Config.VocabularySize, model.Config.VocabularySize);
                var most = TensorPrimitives.Max<float>(row);
                var likelihood = row[tokens[start + i]] - most;
                TensorPrimitives.Subtract(row, most, row);
                TensorPrimitives.Exp(row, row);
                surprises[start + i] = Math.Log(TensorPrimitives.Sum<float>(row)) - likelihood;
            }
        }

        return surprises;
    }
}
