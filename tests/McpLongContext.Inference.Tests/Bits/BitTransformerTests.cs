using System.Text.Json;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Layers;

namespace McpLongContext.Inference.Tests.Bits;

/// <summary>Random models against a float64 forward pass; see tools/golden/bits.</summary>
public sealed class BitTransformerTests
{
    private const float Tolerance = 1e-4f;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, Case> s_cases = JsonSerializer
        .Deserialize<List<Case>>(File.ReadAllText(Golden.PathOf("bits/golden.json")), s_json)!
        .ToDictionary(one => one.Name);

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_the_reference(string name)
    {
        var expected = s_cases[name];

        AssertClose(expected.Logits, Forward(Load(name), expected.Bits, expected.Place));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_window_may_be_read_in_parts_and_beside_others(string name)
    {
        const int Lanes = 3;
        var expected = s_cases[name];
        var bits = expected.Values;
        var session = Load(name).CreateSession(Lanes);
        var logits = new float[2 * bits.Length];
        // The lane in the middle has the bits of the reference, the others have none of them.
        for (var first = 0; first < bits.Length; )
        {
            var count = Math.Min(first % 7 == 0 ? 1 : 5, bits.Length - first);
            var part = new byte[Lanes * count];
            bits.AsSpan(first, count).CopyTo(part.AsSpan(count));
            var found = new float[2 * part.Length];
            session.Forward(part, expected.Place + first, found);
            found.AsSpan(2 * count, 2 * count).CopyTo(logits.AsSpan(2 * first));
            first += count;
        }

        AssertClose(expected.Logits, logits);
    }

    [Fact]
    public void After_a_reset_a_window_begins_anew()
    {
        var expected = s_cases["chunked"];
        var session = Load("chunked").CreateSession();
        session.Forward(expected.Values.AsSpan(10, 60), 0, new float[120]);
        session.Reset();
        var logits = new float[expected.Logits.Length];
        session.Forward(expected.Values, expected.Place, logits);

        AssertClose(expected.Logits, logits);
    }

    [Fact]
    public void In_int8_logits_are_near_those_of_the_reference()
    {
        var expected = s_cases["plain"];
        var model = BitTransformer.Load(Golden.PathOf("bits/plain.safetensors"), Precision.Int8);
        var logits = Forward(model, expected.Bits, expected.Place);
        var differences = logits.Zip(expected.Logits, (found, wanted) => Math.Abs(found - wanted)).ToList();

        Assert.InRange(differences.Average(), 1e-6, 0.1);
    }

    [Fact]
    public void A_longer_window_keeps_the_old_positions_bit_for_bit()
    {
        var model = Load("plain");
        var expanded = model.ExpandPositionalEncoding(1000);
        var session = expanded.CreateSession();
        var bits = new byte[1000];
        session.Forward(bits, 0, new float[2000]);

        Assert.Equal(1000, expanded.Config.MaxLength);
        Assert.Equal(96, model.Config.MaxLength);
        Assert.True(model.Positions.Span.SequenceEqual(expanded.Positions.Span[..model.Positions.Length]));
        Assert.Equal((float)Math.Sin(999 / Math.Pow(10_000, 2.0 / 24)), expanded.Positions.Span[(999 * 24) + 2], 1e-6f);
        var expected = s_cases["plain"];
        Assert.Equal(Forward(model, expected.Bits, expected.Place), Forward(expanded, expected.Bits, expected.Place));
    }

    [Fact]
    public void Chunks_can_be_set_and_unset()
    {
        var expected = s_cases["plain"];
        var model = Load("plain").WithChunks(24, 10);

        Assert.NotEqual(Forward(Load("plain"), expected.Bits, 0)[^1], Forward(model, expected.Bits, 0)[^1]);
        AssertClose(expected.Logits, Forward(model.WithChunks(0, 0), expected.Bits, expected.Place));
        Assert.Throws<ArgumentException>(() => model.WithChunks(0, 5));
    }

    [Fact]
    public void Attention_entropy_is_between_none_and_that_of_equal_weights()
    {
        var session = Load("plain").CreateSession();
        session.Forward(s_cases["plain"].Values, 0, new float[192]);

        Assert.InRange(session.AttentionEntropy(16), 0.1, Math.Log2(96));
    }

    [Fact]
    public void Wrong_input_is_refused_by_name()
    {
        var session = Load("plain").CreateSession(2);

        Assert.Contains(
            "3 bits found, expected as many for 2 lanes",
            Assert.Throws<ArgumentException>(() => session.Forward(new byte[3], 0, new float[6])).Message
        );
        Assert.Contains(
            "97 bits found at position 0, expected at most 96",
            Assert.Throws<ArgumentException>(() => session.Forward(new byte[194], 0, new float[388])).Message
        );
        Assert.Contains(
            "2 found at bit 1, expected 0 or 1",
            Assert.Throws<ArgumentException>(() => session.Forward([0, 2], 0, new float[4])).Message
        );
    }

    [Fact]
    public void A_file_of_another_kind_or_width_is_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "model.safetensors");
            Write(path, new Dictionary<string, string> { ["format"] = "other" });
            Assert.False(BitTransformerConfig.Describes(path));
            Assert.Contains(
                "format: other found in the metadata, expected bit-transformer",
                Assert.Throws<CheckpointException>(() => BitTransformer.Load(path)).Message
            );

            Write(path, new BitTransformerConfig { Width = 64 }.ToMetadata());
            Assert.True(BitTransformerConfig.Describes(path));
            Assert.Contains(
                "tensor 'embedding.weight': F32[2, 32] found, expected [2, 64]",
                Assert.Throws<CheckpointException>(() => BitTransformer.Load(path)).Message
            );

            Write(path, new BitTransformerConfig { Width = 20, HeadCount = 3 }.ToMetadata());
            Assert.Contains(
                "d_model: 20 found, expected a multiple of 6",
                Assert.Throws<CheckpointException>(() => BitTransformer.Load(path)).Message
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static void Write(string path, IReadOnlyDictionary<string, string> metadata)
        {
            using var stream = File.Create(path);
            SafetensorsWriter.Write(stream, [new("embedding.weight", [2, 32], new float[64])], metadata);
        }
    }

    [Fact]
    public void The_number_of_parameters_is_that_of_the_file()
    {
        foreach (var name in s_cases.Keys)
        {
            using var file = SafetensorsFile.Open(Golden.PathOf($"bits/{name}.safetensors"));
            Assert.Equal(file.Tensors.Values.Sum(tensor => tensor.ElementCount), Load(name).Config.ParameterCount);
        }
    }

    private static BitTransformer Load(string name) => BitTransformer.Load(Golden.PathOf($"bits/{name}.safetensors"));

    private static float[] Forward(BitTransformer model, string bits, int place)
    {
        var logits = new float[2 * bits.Length];
        model.CreateSession().Forward([.. bits.Select(bit => (byte)(bit - '0'))], place, logits);
        return logits;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.InRange(found[i], expected[i] - Tolerance, expected[i] + Tolerance);
        }
    }

    private sealed record Case(string Name, int Place, string Bits, float[] Logits)
    {
        public byte[] Values => [.. Bits.Select(bit => (byte)(bit - '0'))];
    }
}
