using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

public sealed class SpanAttentionTests : IDisposable
{
    private const int Tokens = 300;
    private const int Queries = 3;
    private const int Longest = 280;
    private const float Scale = 0.4f;

    /// <summary>Spans of two pairs of planes, and of the sequence.</summary>
    private static readonly SpanPart[] s_parts =
    [
        new(0, SpanPart.Sequence, 2, 1, 0),
        new(1, SpanPart.Sequence, 0, 2, 0),
        new(1, 1, 7, 30, 2),
        new(1, 0, 290, 10, 32),
        new(1, SpanPart.Sequence, 2, 3, 42),
        new(2, 0, 0, SpanPart.MaxTokens, 5),
    ];

    private readonly TestDevices _devices = new(1 << 20);

    public void Dispose() => _devices.Dispose();

    [Theory]
    [InlineData(8, KeyFormat.EightBit)]
    [InlineData(8, KeyFormat.Half)]
    [InlineData(64, KeyFormat.EightBit)]
    [InlineData(64, KeyFormat.Half)]
    [InlineData(256, KeyFormat.EightBit)]
    public void Output_and_shares_are_those_of_a_softmax_over_all_parts(int dimensions, KeyFormat format)
    {
        var random = new Random(dimensions);
        SampleKeys[] keys = [.. Sample(2), Sequence()];
        SampleKeys[] values = [.. Sample(2), Sequence()];
        var held = keys.Concat(values).Select(plane => _devices.Search.Hold(plane.Plane)!).ToArray();
        var input = Input(random, dimensions) with
        {
            Keys = keys[2].Halves,
            Values = values[2].Halves,
            Planes = [(held[0], held[3]), (held[1], held[4])],
        };

        var result = held[0].Attend(input);
        Assert.Equal("", string.Concat(_devices.Warnings));
        Assert.NotNull(result);

        for (var query = 0; query < Queries; query++)
        {
            var (output, shares) = Expected(input, query, keys, values);
            for (var i = 0; i < dimensions; i++)
            {
                Assert.Equal(output[i], result.Output[(query * dimensions) + i], 2e-5);
            }

            foreach (var (part, share) in shares)
            {
                Assert.Equal(share, result.Shares[part], 1e-5);
            }
        }

        IEnumerable<SampleKeys> Sample(int count) =>
            Enumerable.Range(0, count).Select(_ => new SampleKeys(random, Tokens, dimensions, format));

        SampleKeys Sequence() => new(random, 5, dimensions, KeyFormat.Half);
    }

    [Fact]
    public void The_next_call_may_rotate_otherwise()
    {
        var random = new Random(4);
        var keys = new SampleKeys(random, Tokens, 8, KeyFormat.EightBit);
        using var held = _devices.Search.Hold(keys.Plane)!;
        var input = Input(random, 8) with { Planes = [(held, held), (held, held)] };
        SampleKeys[] planes = [keys, keys, keys];
        held.Attend(input);

        var other = input with { Parts = [new(0, 0, 3, 40, 9)], Positions = [60], Queries = input.Queries[..8] };
        var turned = other with { Rotation = Rotation(8, frequency: 0.3) };

        AreClose(other);
        AreClose(turned);
        AreClose(other);

        void AreClose(SpanAttentionInput one) =>
            Assert.All(
                Expected(one, 0, planes, planes).Output.Zip(held.Attend(one)!.Output),
                pair => Assert.Equal(pair.First, pair.Second, 2e-5)
            );
    }

    [Theory]
    [InlineData(12)] // pairs that fill no words
    [InlineData(264)]
    public void Heads_of_other_widths_are_left_to_the_processor(int dimensions)
    {
        var keys = new SampleKeys(new Random(1), Tokens, dimensions, KeyFormat.EightBit);
        using var held = _devices.Search.Hold(keys.Plane)!;

        Assert.Null(held.Attend(Input(new Random(2), dimensions) with { Planes = [(held, held)] }));
        Assert.Null(_devices.Search.Status[0].Failure);
    }

    [Fact]
    public void Planes_of_another_device_and_a_device_that_has_failed_are_left_to_the_processor()
    {
        using var others = new TestDevices(1 << 20);
        var keys = new SampleKeys(new Random(1), Tokens, 8, KeyFormat.EightBit);
        using var held = _devices.Search.Hold(keys.Plane)!;
        using var elsewhere = others.Search.Hold(keys.Plane)!;
        var input = Input(new Random(2), 8) with { Planes = [(held, held), (held, held)] };

        Assert.Null(held.Attend(input with { Planes = [(held, elsewhere)] }));
        Assert.NotNull(held.Attend(input));
        _devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost"));
        Assert.Null(held.Attend(input));
        Assert.Single(_devices.Warnings);
    }

    private static SpanAttentionInput Input(Random random, int dimensions) =>
        new()
        {
            Dimensions = dimensions,
            Scale = Scale,
            Queries = SamplePlanes.Floats(random, Queries * dimensions),
            Positions = [0, 45, Longest - 1],
            Rotation = Rotation(dimensions, frequency: 1),
            Keys = new Half[5 * dimensions],
            Values = new Half[5 * dimensions],
            Planes = [],
            Parts = s_parts,
        };

    private static float[] Rotation(int dimensions, double frequency)
    {
        var rotation = new float[Longest * dimensions];
        var pairs = dimensions / 2;
        for (var i = 0; i < Longest * pairs; i++)
        {
            var (position, pair) = Math.DivRem(i, pairs);
            var (sin, cos) = Math.SinCos(position * frequency / (pair + 1));
            rotation[(position * dimensions) + pair] = (float)cos;
            rotation[(position * dimensions) + pairs + pair] = (float)sin;
        }

        return rotation;
    }

    /// <summary>The attention of a query in double precision, token by token.</summary>
    private static (double[] Output, List<(int Part, double Share)> Shares) Expected(
        SpanAttentionInput input,
        int query,
        SampleKeys[] keys,
        SampleKeys[] values
    )
    {
        var width = input.Dimensions;
        var rotated = Rotated(input.Queries.AsSpan(query * width, width), input.Positions[query]);
        var tokens = new List<(int Part, double Weight, float[] Value)>();
        for (var i = 0; i < input.Parts.Length; i++)
        {
            var part = input.Parts[i];
            var plane = part.Plane == SpanPart.Sequence ? keys.Length - 1 : part.Plane;
            for (var token = 0; part.Query == query && token < part.Count; token++)
            {
                var key = Rotated(keys[plane][part.First + token], part.Position + token);
                var product = input.Scale * rotated.Zip(key, (a, b) => a * b).Sum();
                tokens.Add((i, Math.Exp(product), values[plane][part.First + token].ToArray()));
            }
        }

        var total = tokens.Sum(token => token.Weight);
        return (
            [.. Enumerable.Range(0, width).Select(d => tokens.Sum(token => token.Weight * token.Value[d]) / total)],
            [.. tokens.GroupBy(token => token.Part).Select(of => (of.Key, of.Sum(token => token.Weight) / total))]
        );

        double[] Rotated(ReadOnlySpan<float> vector, int position)
        {
            var turned = new double[width];
            for (var pair = 0; pair < width / 2; pair++)
            {
                var (x, y) = (vector[pair], vector[(width / 2) + pair]);
                double cos = input.Rotation[(position * width) + pair];
                double sin = input.Rotation[(position * width) + (width / 2) + pair];
                turned[pair] = (x * cos) - (y * sin);
                turned[(width / 2) + pair] = (y * cos) + (x * sin);
            }

            return turned;
        }
    }
}
