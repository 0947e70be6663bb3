using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Kernels.Tests;

public sealed class Int8BlockMatrixTests : IDisposable
{
    private const int Outputs = 37;
    private const int Inputs = 100;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_matrix_in_a_file_multiplies_as_the_one_in_memory()
    {
        var written = Packed();
        Write(written, padding: 128);
        using var file = MappedFile.Open(_path);
        var mapped = Int8BlockMatrix.Map(file, 128, Outputs, Inputs);

        Assert.Equal(written.Bytes, file.Length - 128);
        Assert.Equal(written.Bytes, Int8BlockMatrix.BytesOf(Outputs, Inputs));
        Assert.Equal(Product(written), Product(mapped));
    }

    [Fact]
    public void The_checksum_is_that_of_the_bytes_in_the_file()
    {
        var written = Packed();
        Write(written, padding: 0);
        Assert.Equal(Crc32C.Of(File.ReadAllBytes(_path)), written.Checksum());
        using (var file = MappedFile.Open(_path))
        {
            Assert.Equal(written.Checksum(), Int8BlockMatrix.Map(file, 0, Outputs, Inputs).Checksum());
        }

        var bytes = File.ReadAllBytes(_path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(_path, bytes);
        using var flipped = MappedFile.Open(_path);
        Assert.NotEqual(written.Checksum(), Int8BlockMatrix.Map(flipped, 0, Outputs, Inputs).Checksum());
    }

    [Fact]
    public void A_matrix_in_a_file_is_only_read_and_as_long_as_the_file_is_mapped()
    {
        Write(Packed(), padding: 0);
        var file = MappedFile.Open(_path);
        var mapped = Int8BlockMatrix.Map(file, 0, Outputs, Inputs);
        Assert.Throws<InvalidOperationException>(() => mapped.SetPanel(0, new float[16 * Inputs]));
        Assert.Throws<InvalidOperationException>(() => mapped.WriteTo(Stream.Null));
        Assert.Throws<ArgumentException>("offset", () => Int8BlockMatrix.Map(file, 32, Outputs, Inputs));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => Int8BlockMatrix.Map(file, 64, Outputs, Inputs));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Product(mapped));
    }

    private static Int8BlockMatrix Packed()
    {
        var weights = Sample.Uniform(1, Outputs * Inputs);
        var matrix = new Int8BlockMatrix(Outputs, Inputs);
        for (var panel = 0; panel < matrix.Panels; panel++)
        {
            var first = panel * Int8BlockMatrix.PanelOutputs;
            var rows = Math.Min(Int8BlockMatrix.PanelOutputs, Outputs - first);
            matrix.SetPanel(panel, weights.AsSpan(first * Inputs, rows * Inputs));
        }

        return matrix;
    }

    private static float[] Product(Int8BlockMatrix matrix)
    {
        var x = new Int8BlockRows();
        x.Resize(3, Inputs);
        x.Quantize(Sample.Uniform(2, 3 * Inputs), 0, 3);
        var y = new float[3 * Outputs];
        Int8BlockProduct.Multiply(x, matrix, 0, matrix.Panels, y);
        return y;
    }

    private void Write(Int8BlockMatrix matrix, int padding)
    {
        using var file = File.Create(_path);
        file.Write(new byte[padding]);
        matrix.WriteTo(file);
    }
}
