using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Setup;

namespace McpLongContext.Server.Tests.Setup;

public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_installation_lacks_the_encoder_and_the_remedy_is_told()
    {
        var findings = Run(_folder.PathOf("home"));

        var encoder = Assert.Single(findings, finding => finding.Check == "encoder");
        Assert.Equal(Severity.Warning, encoder.Severity);
        Assert.Contains("models install", encoder.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, finding => finding.Severity == Severity.Error);
    }

    [Fact]
    public void A_data_folder_that_cannot_be_written_is_an_error()
    {
        _folder.Write("file", "");

        var folder = Assert.Single(Run(_folder.PathOf("file/home")), finding => finding.Check == "data folder");

        Assert.Equal(Severity.Error, folder.Severity);
        Assert.Contains("MCP_LONG_CONTEXT_HOME", folder.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<Finding> Run(string home) =>
        new Checkup(
            new LongContextOptions
            {
                Home = home,
                WorkingDirectory = _folder.PathOf("."),
                AllowedRoots = [],
            },
            new ModelStore(new ModelStoreOptions { Folder = Path.Combine(home, "models") })
        ).Run();
}
