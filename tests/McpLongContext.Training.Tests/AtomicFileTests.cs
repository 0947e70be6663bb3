namespace McpLongContext.Training.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomic-").FullName;

    private string File => Path.Combine(_folder, "checkpoint.zip");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_full_disk_is_named_and_the_earlier_file_stays()
    {
        AtomicFile.Write(File, stream => stream.Write("earlier"u8));

        var error = Assert.Throws<TrainingException>(() =>
            AtomicFile.Write(
                File,
                stream =>
                {
                    stream.Write("later"u8);
                    throw new IOException("No space left on device");
                }
            )
        );

        Assert.Contains($"{File} cannot be written: No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Equal("earlier", System.IO.File.ReadAllText(File));
        Assert.Single(Directory.GetFiles(_folder));
    }
}
