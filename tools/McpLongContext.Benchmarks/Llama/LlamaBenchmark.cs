using System.Diagnostics;
using System.Numerics.Tensors;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Models;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>
/// A GGUF file with two threads, ours against llama.cpp: tokens a second of prompts and of greedy decoding after them, time
/// to load, resident memory. Both in turn, so that what else the machine does meets both alike.
/// </summary>
internal static class LlamaBenchmark
{
    public const int Threads = 2;

    private const int Rounds = 3;
    private const int Decoded = 32;

    private static readonly int[] s_prompts = [512, 2048 - Decoded];

    public static void Run(TextWriter output, string file)
    {
        var folder = Directory.CreateTempSubdirectory("weights-");
        try
        {
            Run(output, file, LoadTime.CacheOf(file, Path.Combine(folder.FullName, WeightCache.Name)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(TextWriter output, string file, WeightCache cache)
    {
        double[] loads = [.. Enumerable.Range(0, 1 + Rounds).Select(_ => LoadTime.InNewProcess(file, cache))];
        using var model = Decoder.Load(file, threads: Threads, cache: cache);
        using var peer = LlamaCppPeer.Start(file, Threads, s_prompts[^1] + Decoded + 1);

        output.WriteLine();
        output.WriteLine($"{Path.GetFileName(file)}; {Threads} threads, {Rounds} rounds after one to warm up");
        output.WriteLine($"{"", -34} {"ours", 8} {"low..high", 14} {"llama.cpp", 10} {"low..high", 14} {"ratio", 6}");
        foreach (var length in s_prompts)
        {
            Report(output, model, peer, length);
        }

        var later = Rate.Of(loads[1..]);
        output.WriteLine($"{"load the first time, seconds", -34} {loads[0], 8:F2}");
        output.WriteLine(
            $"{"load later, seconds", -34} {later.Median, 8:F2} {$"{later.Low:F2}..{later.High:F2}", 14} "
                + $"{peer.LoadSeconds, 10:F2}"
        );
        output.WriteLine($"resident, MB: ours {ResidentMemory.Of(Environment.ProcessId)}, llama.cpp {peer.Memory}");
    }

    private static void Report(TextWriter output, Decoder model, LlamaCppPeer peer, int length)
    {
        var random = new Random(length);
        int[] tokens = [.. Enumerable.Range(0, length).Select(_ => random.Next(model.Config.VocabularySize / 2))];
        var (ours, theirs) = (new List<LlamaMeasurement>(), new List<LlamaMeasurement>());
        for (var round = 0; round <= Rounds; round++)
        {
            ours.Add(Measure(model, tokens));
            theirs.Add(peer.Measure(tokens, Decoded));
        }

        Line($"prompt of {length}, tokens/s", one => length / one.PromptSeconds);
        Line($"decoding after {length}, tokens/s", one => 1 / one.TokenSeconds);

        void Line(string name, Func<LlamaMeasurement, double> value)
        {
            var mine = Rate.Of([.. ours.Skip(1).Select(value)]);
            var peers = Rate.Of([.. theirs.Skip(1).Select(value)]);
            output.WriteLine(
                $"{name, -34} {mine.Median, 8:F1} {$"{mine.Low:F1}..{mine.High:F1}", 14} {peers.Median, 10:F1} "
                    + $"{$"{peers.Low:F1}..{peers.High:F1}", 14} {mine.Median / peers.Median, 5:F2}x"
            );
        }
    }

    private static LlamaMeasurement Measure(Decoder model, int[] tokens)
    {
        using var run = model.CreateSession(Threads);
        var state = new float[model.Config.HiddenSize];
        var logits = new float[model.Config.VocabularySize];
        var watch = Stopwatch.StartNew();
        run.Forward(tokens, state);
        run.Logits(state, logits);
        var prompt = watch.Elapsed.TotalSeconds;
        watch.Restart();
        var decoded = new int[Decoded];
        for (var i = 0; i < Decoded; i++)
        {
            decoded[i] = TensorPrimitives.IndexOfMax<float>(logits);
            run.Forward([decoded[i]], state);
            run.Logits(state, logits);
        }

        var token = watch.Elapsed.TotalSeconds / Decoded;
        return new LlamaMeasurement(prompt, token, decoded, []);
    }

    /// <summary>The file of an installed model, which is installed first where it is missing.</summary>
    public static string Find(string name)
    {
        var store = new ModelStore();
        var folder = store.Find(name) ?? store.InstallAsync(name).GetAwaiter().GetResult().Folder;
        return Directory.GetFiles(folder, "*.gguf").Single();
    }
}
