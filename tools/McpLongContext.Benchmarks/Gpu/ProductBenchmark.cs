using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Gpu;
using McpLongContext.Kernels.Products;

namespace McpLongContext.Benchmarks.Gpu;

/// <summary>
/// The products of an encoder's and a decoder's layers on a device, one by one with what is copied and the kernel alone,
/// beside the integer products of the processor; and how many tokens a second that makes, of the products alone.
/// </summary>
internal static class ProductBenchmark
{
    private const int Runs = 10;
    private const int KernelRuns = 20;

    /// <summary>The products of a layer: outputs and inputs, all-MiniLM-L6-v2 and TinyLlama.</summary>
    private static readonly Work[] s_works =
    [
        new("encoder", 8_192, 6, [(1_152, 384), (384, 384), (1_536, 384), (384, 1_536)]),
        new("decoder prefill", 512, 22, [(2_560, 2_048), (2_048, 2_048), (11_264, 2_048), (2_048, 5_632)]),
        new("decoder decode", 1, 22, [(2_560, 2_048), (2_048, 2_048), (11_264, 2_048), (2_048, 5_632)]),
    ];

    /// <summary>Measures all of them.</summary>
    public static void Run(TextWriter output, BenchmarkDevice device)
    {
        output.WriteLine();
        output.WriteLine(
            $"{"product [rows, inputs] x [outputs, inputs]^T", -52} {"p50 ms", 9} {"kernel ms", 9} {"kernel T", 9} {"here p50", 9} {"here T", 9} {"max diff", 9}"
        );
        using var threadPool = new ComputeThreadPool(Environment.ProcessorCount);
        var fastest = GpuMatrix.UnitOf(device.Device.Accelerator);
        ProductUnit[] units = [.. new[] { ProductUnit.Dp4a, ProductUnit.Tensor }.Where(unit => unit <= fastest)];
        foreach (var work in s_works.Select(work => device.IsRehearsal ? work.Small : work))
        {
            foreach (var unit in units.Prepend(ProductUnit.Portable))
            {
                Measure(output, device, work, unit, KeyFormat.EightBit, threadPool);
                if (unit != ProductUnit.Dp4a)
                {
                    Measure(output, device, work, unit, KeyFormat.Half, threadPool);
                }
            }
        }
    }

    private static void Measure(
        TextWriter output,
        BenchmarkDevice device,
        Work work,
        ProductUnit unit,
        KeyFormat format,
        ComputeThreadPool threadPool
    )
    {
        var (copied, kernels, processor) = (0.0, 0.0, 0.0);
        foreach (var (outputs, inputs) in work.Products)
        {
            var random = new Random(inputs);
            var x = Numbers(random, work.Rows * inputs);
            var w = Numbers(random, outputs * inputs);
            using var matrix = GpuMatrix.Hold(device.Device, w, outputs, format);
            if (matrix is null)
            {
                output.WriteLine("no room on the device");
                return;
            }

            float[]? found = null;
            var once = device.Times(Runs, () => found = device.Require(matrix.Multiply(x, unit))).P50;
            var often = device.Times(Runs, () => matrix.Multiply(x, unit, 1 + KernelRuns)).P50;
            var kernel = (often - once) / KernelRuns;
            var packed = Int8PackedMatrix.Pack(w, outputs, inputs);
            var expected = new float[work.Rows * outputs];
            var here = device
                .Times(
                    Runs,
                    () =>
                        threadPool.RunRows(
                            work.Rows,
                            (first, count) =>
                                Int8MatrixProduct.Multiply(
                                    x.AsSpan(first * inputs, count * inputs),
                                    packed,
                                    [],
                                    expected.AsSpan(first * outputs, count * outputs)
                                )
                        )
                )
                .P50;
            var name = $"{work.Name}, {unit}, {format}: [{work.Rows}, {inputs}] x {outputs}";
            var operations = 2e-9 * work.Rows * inputs * outputs;
            var difference = expected.Zip(found!, (a, b) => Math.Abs(a - b)).Max();
            output.WriteLine(
                $"{name, -52} {once, 9:F3} {kernel, 9:F3} {operations / kernel, 9:F2} {here, 9:F3} {operations / here, 9:F2} {difference, 9:E1}"
            );
            (copied, kernels, processor) = (copied + once, kernels + kernel, processor + here);
        }

        output.WriteLine(
            $"{work.Name}, {unit}, {format}: tokens a second by the products of {work.Layers} layers alone: "
                + $"{Rate(copied):N0} with copies, {Rate(kernels):N0} by kernels, {Rate(processor):N0} here"
        );

        double Rate(double milliseconds) => work.Rows / (work.Layers * milliseconds / 1000);
    }

    private static float[] Numbers(Random random, int count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = random.NextSingle() - 0.5f;
        }

        return numbers;
    }

    /// <summary>The products of layers.</summary>
    /// <param name="Name">The model.</param>
    /// <param name="Rows">Tokens at a time.</param>
    /// <param name="Layers">How many layers have these products.</param>
    /// <param name="Products">Outputs and inputs of each.</param>
    private sealed record Work(string Name, int Rows, int Layers, (int Outputs, int Inputs)[] Products)
    {
        /// <summary>For rehearsals.</summary>
        public Work Small =>
            this with
            {
                Rows = Math.Min(Rows, 16),
                Products = [.. Products.Take(1).Select(product => (product.Outputs / 32, product.Inputs / 32 * 4))],
            };
    }
}
