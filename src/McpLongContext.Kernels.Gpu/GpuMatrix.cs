using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using McpLongContext.Kernels.Devices;
using McpLongContext.Kernels.Search;
using Half = System.Half;

namespace McpLongContext.Kernels.Gpu;

/// <summary>The instructions of a product.</summary>
internal enum ProductUnit
{
    /// <summary>Instructions that every device has.</summary>
    Portable,

    /// <summary>The product of four codes by one instruction, from compute capability 6.1 on.</summary>
    Dp4a,

    /// <summary>Tensor cores, from compute capability 8.0 on.</summary>
    Tensor,

    /// <summary>The kernels of tensor cores without these; warps of 32 lanes.</summary>
    Shuffled,
}

/// <summary>
/// A weight matrix in the memory of a device, [outputs, inputs], in eight bits with a scale an output, or in 16 bits.
/// </summary>
internal sealed class GpuMatrix : IDisposable
{
    private readonly GpuDevice _device;
    private readonly KeyFormat _format;
    private readonly int _outputs;
    private readonly int _inputs;
    private readonly long _bytes;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _words;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _scales;
    private bool _disposed;

    private GpuMatrix(GpuDevice device, float[] weights, int outputs, KeyFormat format, long bytes)
    {
        (_device, _format, _outputs, _bytes) = (device, format, outputs, bytes);
        _inputs = weights.Length / outputs;
        var (words, scales) = Words(weights, outputs, format);
        var rowBytes = _inputs * (format == KeyFormat.Half ? sizeof(ushort) : sizeof(sbyte));
        _words = device.Copy(
            outputs,
            rowBytes,
            (first, count) => MemoryMarshal.AsBytes(words.AsSpan()).Slice(first * rowBytes, count * rowBytes)
        );
        _scales = device.Copy(
            outputs,
            sizeof(float),
            (first, count) => MemoryMarshal.AsBytes(scales.AsSpan(first, count))
        );
    }

    /// <summary>Quantizes and copies a matrix; <see langword="null"/> where the device has no room.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weights">[outputs, inputs], finite; inputs a multiple of 4.</param>
    /// <param name="outputs">Rows of the matrix.</param>
    /// <param name="format">How the numbers are kept, and those that they are multiplied with.</param>
    public static GpuMatrix? Hold(GpuDevice device, float[] weights, int outputs, KeyFormat format)
    {
        var numberBytes = format == KeyFormat.Half ? sizeof(ushort) : sizeof(sbyte);
        var bytes = ((long)weights.Length * numberBytes) + ((long)outputs * sizeof(float));
        return device.Hold(
            DeviceContents.Keys,
            bytes,
            target => new GpuMatrix(target, weights, outputs, format, bytes)
        );
    }

    /// <summary>The fastest unit of a device.</summary>
    public static ProductUnit UnitOf(Accelerator accelerator) =>
        accelerator is not CudaAccelerator cuda ? ProductUnit.Portable
        : cuda.Architecture >= CudaArchitecture.SM_80 && cuda.InstructionSet >= CudaInstructionSet.ISA_70
            ? ProductUnit.Tensor
        : cuda.Architecture >= CudaArchitecture.SM_61 ? ProductUnit.Dp4a
        : ProductUnit.Portable;

    /// <summary>
    /// X W^T, [rows, outputs], rows being quantized with a scale each, or rounded to 16 bits; <see langword="null"/> where
    /// the device fails.
    /// </summary>
    /// <param name="x">[rows, inputs], finite.</param>
    /// <param name="unit">The instructions; the device must have them.</param>
    /// <param name="times">How often to multiply the same; more than once is for measurements.</param>
    public float[]? Multiply(float[] x, ProductUnit unit, int times = 1)
    {
        var rows = x.Length / _inputs;
        var (words, scales) = Words(x, rows, _format);
        return _device.TryScan(() =>
        {
            var y = _device.Buffers.Of<float>("product", rows * _outputs);
            var left = _device.Buffers.Of<int>("rows", words);
            var rowScales = _device.Buffers.Of<float>("scales", scales);
            for (var i = 0; i < times; i++)
            {
                Launch(unit, left, rowScales, y);
            }

            return _device.Buffers.Read(y);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _device.Release(DeviceContents.Keys, _bytes, _words, _scales);
        }
    }

    private void Launch(ProductUnit unit, ArrayView<int> x, ArrayView<float> rowScales, ArrayView<float> y)
    {
        var isHalf = _format == KeyFormat.Half;
        Action<ArrayView<int>, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<float>> kernel =
            unit switch
            {
                ProductUnit.Tensor => isHalf
                    ? ProductKernels.MultiplyFragments<TensorHalves, float>
                    : ProductKernels.MultiplyFragments<TensorCodes, int>,
                ProductUnit.Shuffled => isHalf
                    ? ProductKernels.MultiplyFragments<ShuffledFragments<HalfProduct, float>, float>
                    : ProductKernels.MultiplyFragments<ShuffledFragments<CodeProduct, int>, int>,
                ProductUnit.Dp4a when !isHalf => ProductKernels.MultiplyWords<Dp4aProduct, int>,
                _ => isHalf
                    ? ProductKernels.MultiplyWords<HalfProduct, float>
                    : ProductKernels.MultiplyWords<CodeProduct, int>,
            };
        var threads = unit is ProductUnit.Tensor or ProductUnit.Shuffled
            ? ProductKernels.FragmentThreads
            : ProductKernels.WordThreads;
        _device.Accelerator.Launch(
            kernel,
            new KernelConfig(new Index2D(Tiles(_outputs), Tiles(rowScales.IntLength)), new Index2D(threads, 1)),
            x,
            rowScales,
            GpuDevice.View<int>(_words),
            GpuDevice.View<float>(_scales),
            y
        );
    }

    private static int Tiles(int count) => (count + ProductKernels.Tile - 1) / ProductKernels.Tile;

    /// <summary>Rows in words of 32 bits, and their scales.</summary>
    private static (int[] Words, float[] Scales) Words(float[] numbers, int rows, KeyFormat format)
    {
        var scales = new float[rows];
        if (format == KeyFormat.Half)
        {
            Array.Fill(scales, 1);
            var halves = Array.ConvertAll(numbers, number => (Half)number);
            return (MemoryMarshal.Cast<Half, int>(halves).ToArray(), scales);
        }

        var codes = new sbyte[numbers.Length];
        Int8Vectors.Quantize(numbers, codes, scales);
        return (MemoryMarshal.Cast<sbyte, int>(codes).ToArray(), scales);
    }
}
