namespace McpLongContext.Architecture.Tests;

/// <summary>
/// The public surface of the libraries stands in <c>PublicApi/NAME.txt</c>, one line a member, so that a review sees it
/// change.
/// </summary>
public sealed class PublicApiTests
{
    private const string Accept = "MCP_LONG_CONTEXT_ACCEPT_API";

    public static TheoryData<string> Libraries =>
        ["Kernels", "Kernels.Gpu", "Bits", "Inference", "Storage", "LongAttention", "Context"];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_has_the_public_surface_that_is_written_down(string library)
    {
        var path = $"tests/McpLongContext.Architecture.Tests/PublicApi/{library}.txt";
        var full = Path.Combine(Repository.Root, path);
        var found = PublicApi.Of(OurAssemblies.Load($"McpLongContext.{library}"));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, string.Join('\n', found) + "\n");
        }

        var written = File.Exists(full) ? File.ReadAllLines(full) : [];
        var difference = written
            .Except(found, StringComparer.Ordinal)
            .Select(line => "- " + line)
            .Concat(found.Except(written, StringComparer.Ordinal).Select(line => "+ " + line))
            .ToList();

        Assert.True(
            difference.Count == 0,
            $"The public surface of McpLongContext.{library} is not that of {path}:\n{string.Join('\n', difference)}\n"
                + $"Run this test with the environment variable {Accept}=1 to accept it, and commit the file."
        );
    }
}
