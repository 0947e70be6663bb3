using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

public sealed class DefaultEncoderTests
{
    [Fact]
    public void The_catalog_and_manifests_are_read_by_generated_code() =>
        Assert.IsType<ModelJson>(ModelJson.Options.TypeInfoResolver);

    [Fact]
    public async Task The_default_encoder_installs_itself_and_has_the_cataloged_content()
    {
        var folder = await TestModels.EncoderAsync();

        var installed = InstalledModel.Read(folder);
        Assert.NotNull(installed);
        Assert.Equal("all-minilm-l6-v2", installed.Name);
        Assert.Equal("Apache-2.0", installed.Entry.License);
        Assert.True(ModelCatalog.Shipped.DefaultEncoder.HasSameContentAs(installed.Entry));
        foreach (var file in ModelCatalog.Shipped.DefaultEncoder.Files)
        {
            var path = Path.Combine(folder, file.Name);
            var cancellation = TestContext.Current.CancellationToken;
            var (sha256, _) = await Checksum.ComputeAsync(path, static _ => { }, cancellation);
            Assert.Equal(file.Sha256, sha256);
        }
    }
}
