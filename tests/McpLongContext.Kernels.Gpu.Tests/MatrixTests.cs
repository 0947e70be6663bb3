using ILGPU.Runtime.CPU;
using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

public sealed class MatrixTests : IDisposable
{
    private readonly TestDevices _devices = new(new CPUDevice(32, ProductKernels.WordThreads / 32, 1), 1 << 20);

    public void Dispose() => _devices.Dispose();

    public static TheoryData<object, object, int, int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<object, object, int, int, int>();
            foreach (var format in Enum.GetValues<KeyFormat>())
            {
                foreach (
                    var unit in Enum.GetValues<ProductUnit>().Where(unit => TestDevices.IsCuda || IsPortable(unit))
                )
                {
                    shapes.Add(unit, format, 30, 60, 72);
                    // Lanes that read each other's words take long without hardware.
                    if (unit != ProductUnit.Shuffled)
                    {
                        shapes.Add(unit, format, 1, 8, 4);
                        shapes.Add(unit, format, 70, 90, 100);
                    }
                }
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_are_those_in_double_precision(object unit, object format, int rows, int outputs, int inputs)
    {
        Assert.SkipUnless(
            IsPortable((ProductUnit)unit) || (ProductUnit)unit <= GpuMatrix.UnitOf(_devices.Devices[0].Accelerator),
            "The device has no such instructions."
        );
        var random = new Random(rows + inputs);
        var x = Numbers(random, rows, inputs, 1 / 32f);
        var w = Numbers(random, outputs, inputs, 1 / 64f);
        using var matrix = GpuMatrix.Hold(_devices.Devices[0], w, outputs, (KeyFormat)format)!;

        var y = matrix.Multiply(x, (ProductUnit)unit)!;

        Assert.Equal(rows * outputs, y.Length);
        for (var row = 0; row < rows; row++)
        {
            for (var output = 0; output < outputs; output++)
            {
                var expected = 0.0;
                for (var i = 0; i < inputs; i++)
                {
                    expected += (double)x[(row * inputs) + i] * w[(output * inputs) + i];
                }

                Assert.Equal(expected, y[(row * outputs) + output], 1e-4);
            }
        }
    }

    [Fact]
    public void A_matrix_takes_room_and_gives_it_back()
    {
        var status = () => _devices.Search.Status[0].HeldBytes;

        Assert.Null(GpuMatrix.Hold(_devices.Devices[0], new float[2 << 20], 1024, KeyFormat.EightBit));
        using (GpuMatrix.Hold(_devices.Devices[0], new float[64 * 32], 64, KeyFormat.Half))
        {
            Assert.Equal(64 * ((32 * sizeof(ushort)) + sizeof(float)), status());
        }

        Assert.Equal(0, status());
    }

    private static bool IsPortable(ProductUnit unit) => unit is ProductUnit.Portable or ProductUnit.Shuffled;

    /// <summary>Rows of whole numbers up to 127, which each has, times a power of two: exact in eight and 16 bits.</summary>
    private static float[] Numbers(Random random, int rows, int width, float scale)
    {
        var numbers = new float[rows * width];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = scale * (i % width == width - 1 ? 127 : random.Next(-127, 128));
        }

        return numbers;
    }
}
