using McpLongContext.Inference.Bits;
using McpLongContext.Training.Bits;
using TorchSharp;

namespace McpLongContext.Training.Tests.Bits;

public sealed class BitModuleTests
{
    private static readonly BitTransformerConfig s_plain = new()
    {
        Width = 32,
        HeadCount = 2,
        LayerCount = 3,
        FeedForwardSize = 48,
        MaxLength = 120,
    };

    private static readonly Dictionary<string, BitTransformerConfig> s_configs = new()
    {
        ["plain"] = s_plain,
        ["chunked"] = s_plain with { ChunkSize = 32, ChunkOverlap = 12 },
        ["parity"] = s_plain with { Parity = true, ChunkSize = 27, ChunkOverlap = 27 },
        ["bare"] = s_plain with { HasPlaces = false },
        ["history"] = s_plain with { HistoryBytes = 1 },
        ["history-parity"] = s_plain with { HistoryBytes = 3, Parity = true, ChunkSize = 32, ChunkOverlap = 12 },
        ["reversible"] = s_plain with { IsReversible = true, ChunkSize = 32, ChunkOverlap = 12 },
        ["act"] = s_plain with { IsAdaptive = true, HaltThreshold = 0.6f },
        ["act-reversible"] = s_plain with { IsAdaptive = true, HaltThreshold = 0.6f, IsReversible = true },
    };

    public static TheoryData<string> Names => [.. s_configs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_trained_model_gives_the_same_logits_in_the_engine(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var frozen = torch.no_grad();
        torch.manual_seed(5);
        using var model = new BitModule(s_configs[name]);
        var random = new Random(7);
        byte[] bits = [.. Enumerable.Range(0, 120).Select(_ => (byte)random.Next(2))];
        var input = torch.tensor(bits.Select(bit => (long)bit).ToArray(), [1, 120]);
        var expected = model.Forward(input, place: 4).data<float>().ToArray();

        var path = Path.GetTempFileName();
        try
        {
            BitExport.Save(path, model, isHalf: false, new Dictionary<string, string>());
            var found = new float[240];
            var engine = BitTransformer.Load(path);
            engine.CreateSession().Forward(bits, place: 4, found);

            Assert.Equal(s_configs[name], engine.Config);
            for (var i = 0; i < found.Length; i++)
            {
                Assert.InRange(found[i], expected[i] - 1e-4f, expected[i] + 1e-4f);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
