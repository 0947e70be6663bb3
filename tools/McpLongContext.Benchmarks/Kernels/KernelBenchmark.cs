using McpLongContext.Kernels;

namespace McpLongContext.Benchmarks.Kernels;

/// <summary>The kernels on the shapes of all-MiniLM-L6-v2, against the peak that the machine reaches in registers.</summary>
internal static class KernelBenchmark
{
    private const int Hidden = 384;
    private const int Heads = 12;

    private static readonly (int Outputs, int Inputs)[] Shapes = [(1152, 384), (384, 384), (1536, 384), (384, 1536)];

    public static void Run(TextWriter output)
    {
        foreach (var threads in (int[])[1, 2])
        {
            output.WriteLine();
            output.WriteLine(
                $"{threads + " thread(s), GFLOP/s", -34} {"median", 7} {"low..high", 14} {"peak", 7} {"of peak", 9}"
            );
            foreach (var (outputs, inputs) in Shapes)
            {
                foreach (var rows in (int[])[64, 256, 4096])
                {
                    Report(
                        output,
                        threads,
                        $"[{rows}, {inputs}] x [{inputs}, {outputs}]",
                        2.0 * rows * inputs * outputs,
                        () => Product(rows, inputs, outputs, Activation.None)
                    );
                }
            }

            Report(
                output,
                threads,
                "[256, 384] x [384, 1536] GELU",
                2.0 * 256 * 384 * 1536,
                () => Product(256, 384, 1536, Activation.Gelu)
            );
            foreach (var tokens in (int[])[64, 256, 512])
            {
                Report(
                    output,
                    threads,
                    $"attention, {tokens} tokens",
                    4.0 * tokens * tokens * Hidden,
                    () => Attention(tokens)
                );
            }

            Report(output, threads, "layer norm, 256 tokens (elements)", 256.0 * Hidden, () => Norm(256));
            Report(output, threads, "GELU, 256 x 1536 (elements)", 256.0 * 1536, () => GeluOf(256 * 1536));
        }
    }

    private static void Report(TextWriter output, int threads, string name, double operations, Func<Action> body)
    {
        var rates = Rate.Measure(
            threads,
            [Peak.MultiplyAddOperations, operations],
            [() => () => Peak.MultiplyAdd(), body]
        );
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

    private static Action Attention(int tokens)
    {
        var qkv = Random(tokens * 3 * Hidden);
        var y = new float[tokens * Hidden];
        return () => BidirectionalAttention.Attend(qkv, Heads, Hidden / Heads, y);
    }

    private static Action Norm(int rows)
    {
        var x = Random(rows * Hidden);
        var gamma = Random(Hidden);
        var y = new float[x.Length];
        return () => LayerNorm.Apply(x, x, gamma, gamma, 1e-12f, y);
    }

    private static Action GeluOf(int length)
    {
        var x = Random(length);
        return () => Gelu.Apply(x);
    }

    private static float[] Random(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }
}
