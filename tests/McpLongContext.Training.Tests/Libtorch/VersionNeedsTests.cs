using McpLongContext.Training.Libtorch;

namespace McpLongContext.Training.Tests.Libtorch;

public sealed class VersionNeedsTests
{
    [Fact]
    public void One_flag_of_the_library_changes_and_nothing_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is one of Linux");
        var path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        var before = File.ReadAllBytes(path);
        var after = (byte[])before.Clone();

        Assert.True(VersionNeeds.Weaken(after, "GLIBCXX_3.4.32"));

        var changed = Assert.Single(Enumerable.Range(0, before.Length), i => before[i] != after[i]);
        Assert.Equal((0, 2), (before[changed], after[changed]));
        Assert.False(VersionNeeds.Weaken(after, "GLIBCXX_9.9"));
    }

    [Fact]
    public void What_is_no_library_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => VersionNeeds.Weaken(new byte[100], "GLIBCXX_3.4.32"));
        Assert.Throws<InvalidDataException>(() => VersionNeeds.Weaken("\u007fELF"u8.ToArray(), "GLIBCXX_3.4.32"));
    }
}
