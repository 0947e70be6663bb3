using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Storage.Tests.Embeddings;

public sealed class SegmentPagesTests : IDisposable
{
    private const int Page = SegmentPages.PageBytes;

    private readonly TemporaryHome _home = new();

    private static ReadOnlySpan<byte> Magic => "MAGICAL!"u8;

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(64, 1)]
    [InlineData(Page - 64, 1)]
    [InlineData(Page, 1)]
    [InlineData(Page + 64, 2)]
    [InlineData(3 * Page, 3)]
    [InlineData((40 * Page) + 640, 41)]
    public void A_body_of_any_length_is_read_as_it_was_written(int length, int pages)
    {
        (var path, var body) = Write(length);
        using var read = SegmentPages.Open(path, Magic);

        Assert.Equal(length, read.BodyBytes);
        Assert.Equal(length + (4 * pages) + SegmentPages.TrailerBytes, new FileInfo(path).Length);
        Assert.Equal(new FileInfo(path).Length, SegmentPages.FileBytes(length));
        Assert.Equal(body, read.Read(0, length));
        Assert.Equal(body.AsSpan(length - 8), read.Read(length - 8, 8));
        Assert.Empty(read.DamagedPages());
        Assert.Equal(body.AsSpan(0, 64), read.Header(64));
        Assert.Throws<DatastoreCorruptException>(() => read.Header(length + 1).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(40)]
    public void A_damaged_page_is_refused_whatever_else_was_read_and_the_others_are_not(int damaged)
    {
        (var path, var body) = Write((40 * Page) + 640);
        var bytes = File.ReadAllBytes(path);
        bytes[(damaged * Page) + 99] ^= 8;
        File.WriteAllBytes(path, bytes);
        using var read = SegmentPages.Open(path, Magic);

        for (var page = 40; page >= 0; page--)
        {
            var length = Math.Min(Page, body.Length - (page * Page));
            if (page != damaged)
            {
                Assert.Equal(body.AsSpan(page * Page, length), read.Read((long)page * Page, length));
            }
        }

        for (var attempt = 0; attempt < 2; attempt++)
        {
            Assert.Throws<DatastoreCorruptException>(() => read.Read((damaged * Page) + 7, 1).Length);
        }

        (var first, var end) = Assert.Single(read.DamagedPages());
        Assert.Equal((damaged * Page, Math.Min((damaged + 1) * Page, body.Length)), (first, end));
    }

    [Fact]
    public void A_file_of_another_kind_is_refused_and_not_kept_mapped()
    {
        (var path, _) = Write(64);
        var error = Assert.Throws<DatastoreCorruptException>(() => SegmentPages.Open(path, "OTHERS.."u8));
        Assert.Contains($"'{path}' does not begin with its magic", error.Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Assert.Throws<DatastoreCorruptException>(() => SegmentPages.Open(path, Magic));
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_named_and_leaves_nothing_behind()
    {
        var folder = Path.Combine(_home.Root, "states");
        var error = Assert.Throws<DatastoreException>(() =>
            SegmentFile.Write(folder, Magic, _ => throw new IOException("No space left."))
        );
        Assert.Contains($"could not be written to '{folder}': No space left.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Throws<TimeoutException>(() => SegmentFile.Write(folder, Magic, _ => throw new TimeoutException()));
    }

    private (string Path, byte[] Body) Write(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        Magic.CopyTo(body);
        var name = SegmentFile.Write(_home.Root, Magic, file => file.Append(body));
        return (Path.Combine(_home.Root, name), body);
    }
}
