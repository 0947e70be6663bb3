using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Kernels.Tests.Memory;

public sealed class MappedFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Spans_show_the_files_bytes()
    {
        var bytes = Enumerable.Range(0, 10_000).Select(i => (byte)i).ToArray();
        File.WriteAllBytes(_path, bytes);
        using var file = MappedFile.Open(_path);
        Assert.Equal(bytes.Length, file.Length);
        Assert.Equal(bytes[4095..8200], file.Span(4095, 4105).ToArray());
        Assert.Empty(file.Span(bytes.Length, 0).ToArray());
    }

    [Fact]
    public void Nothing_outside_the_file_or_after_its_end_is_shown()
    {
        File.WriteAllBytes(_path, new byte[100]);
        var file = MappedFile.Open(_path);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Span(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Span(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Span(99, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Span(long.MaxValue, 2).Length);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Span(0, 1).Length);
    }

    [Fact]
    public void An_empty_or_missing_file_is_an_input_error()
    {
        Assert.Throws<IOException>(() => MappedFile.Open(_path));
        Assert.Throws<FileNotFoundException>(() => MappedFile.Open(_path + ".missing"));
    }
}
