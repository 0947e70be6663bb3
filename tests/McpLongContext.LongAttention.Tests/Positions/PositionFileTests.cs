using McpLongContext.Inference;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.LongAttention.Tests.Positions;

public sealed class PositionFileTests : IDisposable
{
    /// <summary>As version 1 has always been written; it must be readable for ever.</summary>
    private const string Version1 =
        """{"version":1,"trained_length":256,"length":1024,"method":"linear","crc32c":"45644281"}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string FilePath => Path.Combine(_folder.FullName, PositionFile.Name);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Settings_come_back_as_they_were_kept()
    {
        Assert.Null(PositionFile.Read(_folder.FullName));
        foreach (var method in Enum.GetValues<PositionMethod>().Except([PositionMethod.Trained]))
        {
            var settings = new PositionSettings(512, 2048, method);
            PositionFile.Write(_folder.FullName, settings);
            Assert.Equal(settings, PositionFile.Read(_folder.FullName));
        }

        Assert.Equal(FilePath, Assert.Single(_folder.GetFiles()).FullName);
    }

    [Fact]
    public void The_trained_window_leaves_no_file()
    {
        PositionFile.Write(_folder.FullName, new PositionSettings(512, 2048, PositionMethod.Copy));
        PositionFile.Write(_folder.FullName, PositionSettings.Trained(512));
        PositionFile.Write(_folder.FullName, PositionSettings.Trained(512));
        Assert.Empty(_folder.GetFiles());
        Assert.Null(PositionFile.Read(_folder.FullName));
    }

    [Fact]
    public void Version_1_is_read()
    {
        File.WriteAllText(FilePath, Version1);
        Assert.Equal(new PositionSettings(256, 1024, PositionMethod.Linear), PositionFile.Read(_folder.FullName));
        PositionFile.Write(_folder.FullName, new PositionSettings(256, 1024, PositionMethod.Linear));
        Assert.Equal(Version1, File.ReadAllText(FilePath));
    }

    [Fact]
    public void Every_changed_byte_is_told_with_the_file_and_the_remedy()
    {
        for (var i = 0; i < Version1.Length; i++)
        {
            var damaged = Version1.ToCharArray();
            damaged[i] = (char)(damaged[i] ^ 1);
            AssertDamaged(new string(damaged));
            AssertDamaged(Version1[..i]);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"version":2,"trained_length":256,"length":1024,"method":"linear","crc32c":"45644281"}""")]
    public void What_is_no_such_file_is_told(string content) => AssertDamaged(content);

    [Fact]
    public void Settings_that_cannot_be_kept_leave_those_before()
    {
        var missing = Path.Combine(_folder.FullName, "missing");
        var e = Assert.Throws<ModelException>(() =>
            PositionFile.Write(missing, new PositionSettings(1, 2, PositionMethod.Copy))
        );
        Assert.Contains(missing, e.Message, StringComparison.Ordinal);
    }

    private void AssertDamaged(string content)
    {
        File.WriteAllText(FilePath, content);
        var e = Assert.Throws<ModelException>(() => PositionFile.Read(_folder.FullName));
        Assert.StartsWith(FilePath, e.Message, StringComparison.Ordinal);
        Assert.Contains("Expand the model again", e.Message, StringComparison.Ordinal);
    }
}
