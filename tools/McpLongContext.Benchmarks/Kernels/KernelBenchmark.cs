using McpLongContext.Benchmarks.Encode;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Elementwise;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Benchmarks.Kernels;

/// <summary>The kernels on the shapes of all-MiniLM-L6-v2, against the peak that the machine reaches in registers.</summary>
internal static class KernelBenchmark
{
    private const int Hidden = 384;
    private const int Heads = 12;
    private const int Sequences = 2;

    private static readonly (int Outputs, int Inputs)[] s_shapes = [(1152, 384), (384, 384), (1536, 384), (384, 1536)];

    private static readonly Reference s_fp32 = new(
        "fp32, GFLOP/s",
        Peak.MultiplyAddOperations,
        () => Peak.MultiplyAdd()
    );

    private static readonly Reference s_int8 = new(
        $"int8, GOP/s ({Peak.DotProductName})",
        Peak.DotProductOperations,
        () => Peak.DotProduct()
    );

    public static void Run(TextWriter output)
    {
        var model = new ModelStore().EnsureDefaultEncoderAsync().GetAwaiter().GetResult();
        using var encoder = BertEncoder.Load(model, Precision.Int8);
        foreach (var threads in (int[])[1, 2])
        {
            Header(output, threads, s_fp32);
            Products(output, threads, s_fp32, Product);
            foreach (var tokens in (int[])[64, 256, 512])
            {
                var operations = 4.0 * tokens * tokens * Hidden;
                Report(output, threads, s_fp32, $"attention, {tokens} tokens", operations, () => Attention(tokens));
            }

            Report(output, threads, s_fp32, "layer norm, 256 tokens (elements)", 256.0 * Hidden, () => Norm(256));
            if (s_int8.Operations > 0)
            {
                Header(output, threads, s_int8);
                Products(output, threads, s_int8, Int8Product);
                foreach (var tokens in (int[])[64, 256])
                {
                    var operations = Sequences * EncodeBenchmark.Operations(tokens);
                    var name = $"all-MiniLM-L6-v2, {Sequences} x {tokens} tokens";
                    Report(output, threads, s_int8, name, operations, () => Encode(encoder, tokens));
                }
            }
        }
    }

    private static void Products(
        TextWriter output,
        int threads,
        Reference reference,
        Func<int, int, int, Activation, Action> body
    )
    {
        foreach (var (outputs, inputs) in s_shapes)
        {
            foreach (var rows in (int[])[64, 256, 4096])
            {
                var name = $"[{rows}, {inputs}] x [{inputs}, {outputs}]";
                var operations = 2.0 * rows * inputs * outputs;
                Report(
                    output,
                    threads,
                    reference,
                    name,
                    operations,
                    () => body(rows, inputs, outputs, Activation.None)
                );
            }
        }

        Report(
            output,
            threads,
            reference,
            "[256, 384] x [384, 1536] GELU",
            2.0 * 256 * 384 * 1536,
            () => body(256, 384, 1536, Activation.Gelu)
        );
    }

    private static void Header(TextWriter output, int threads, Reference reference)
    {
        output.WriteLine();
        output.WriteLine(
            $"{reference.Name + $", {threads} thread(s)", -34} {"median", 7} {"low..high", 14} {"peak", 7} {"of peak", 9}"
        );
    }

    private static void Report(
        TextWriter output,
        int threads,
        Reference reference,
        string name,
        double operations,
        Func<Action> body
    )
    {
        var rates = Rate.Measure(threads, [reference.Operations, operations], [() => reference.Body, body]);
        var (peak, rate) = (rates[0], rates[1]);
        var spread = $"{rate.Low / 1e9:F1}..{rate.High / 1e9:F1}";
        output.WriteLine(
            $"{name, -34} {rate.Median / 1e9, 7:F1} {spread, 14} {peak.Median / 1e9, 7:F1} {rate.Median / peak.Median, 9:P1}"
        );
    }

    private static Action Product(int rows, int inputs, int outputs, Activation activation)
    {
        var x = Random(rows * inputs);
        var weights = PackedMatrix.Pack(Random(outputs * inputs), outputs, inputs);
        var bias = Random(outputs);
        var y = new float[rows * outputs];
        return () => MatrixProduct.Multiply(x, weights, bias, y, activation);
    }

    private static Action Int8Product(int rows, int inputs, int outputs, Activation activation)
    {
        var x = Random(rows * inputs);
        var weights = Int8PackedMatrix.Pack(Random(outputs * inputs), outputs, inputs);
        var bias = Random(outputs);
        var y = new float[rows * outputs];
        return () => Int8MatrixProduct.Multiply(x, weights, bias, y, activation);
    }

    private static Action Attention(int tokens)
    {
        var qkv = Random(tokens * 3 * Hidden);
        var y = new float[tokens * Hidden];
        return () => BidirectionalAttention.Attend(qkv, Heads, Hidden / Heads, y);
    }

    /// <summary>Whole encodes of a batch; their int8 products are counted.</summary>
    private static Action Encode(BertEncoder encoder, int tokens)
    {
        var run = encoder.CreateSession();
        var random = new Random(tokens);
        var ids = new int[Sequences * tokens];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = random.Next(1000, encoder.Config.VocabularySize);
        }

        int[] lengths = [.. Enumerable.Repeat(tokens, Sequences)];
        var embeddings = new float[ids.Length * Hidden];
        return () => run.Encode(ids, lengths, embeddings);
    }

    private static Action Norm(int rows)
    {
        var x = Random(rows * Hidden);
        var gamma = Random(Hidden);
        var y = new float[x.Length];
        return () => LayerNorm.Apply(x, x, gamma, gamma, 1e-12f, y);
    }

    private static float[] Random(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }

    /// <summary>The reference of a figure.</summary>
    private sealed record Reference(string Name, double Operations, Action Body);
}
