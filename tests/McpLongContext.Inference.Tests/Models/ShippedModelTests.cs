using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;

namespace McpLongContext.Inference.Tests.Models;

public sealed class ShippedModelTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task The_bit_model_is_installed_by_its_name_from_what_is_shipped()
    {
        var proof = new ModelProof(Precision.Float32, Precision.Float32);
        _store.With(options => options with { Proof = proof.Run, Npm = "no-such-command" });

        var installed = await _store.Store.InstallAsync("bits", cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((ModelEntry.Bits, "MIT"), (installed.Entry.Purpose, installed.Entry.License));
        Assert.NotNull(BitTransformerConfig.FindFile(installed.Folder));
        Assert.True(ModelCatalog.Shipped.Find("bits")!.HasSameContentAs(installed.Entry));
    }
}
