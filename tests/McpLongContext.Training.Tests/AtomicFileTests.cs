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

    [Fact]
    public void Nothing_is_left_of_a_file_that_was_broken_off()
    {
        Assert.Throws<OperationCanceledException>(() =>
            AtomicFile.Write(File, _ => throw new OperationCanceledException())
        );

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_that_another_process_writes_stays_with_it()
    {
        AtomicFile.Write(
            File,
            stream =>
            {
                stream.Write("first"u8);
                Assert.Throws<TrainingException>(() => AtomicFile.Write(File, other => other.Write("second"u8)));
            }
        );

        Assert.Equal("first", System.IO.File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
    }

    [Fact]
    public void What_a_killed_run_left_is_replaced()
    {
        System.IO.File.WriteAllText(File + AtomicFile.Staged, "half of an earlier one");

        AtomicFile.Write(File, stream => stream.Write("whole"u8));

        Assert.Equal("whole", System.IO.File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
    }
}
