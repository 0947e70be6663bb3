using McpLongContext.Inference.Generation;

namespace McpLongContext.Inference.Tests.Generation;

/// <summary>The sampler against its definition in double precision, and the properties that a user counts on.</summary>
public sealed class SamplerTests
{
    private static readonly float[] s_logits = [1.5f, -0.5f, 3, 0, 2.25f, float.NegativeInfinity, 2.25f, -4];

    [Theory]
    [InlineData(1, 0, 1, 0)]
    [InlineData(0.7f, 0, 1, 0)]
    [InlineData(3, 0, 1, 0)]
    [InlineData(0.01f, 0, 1, 0)]
    [InlineData(1, 1, 1, 0)]
    [InlineData(1, 40, 1, 0)]
    [InlineData(1, 5000, 1, 0)]
    [InlineData(0.8f, 0, 0.95f, 0)]
    [InlineData(1, 0, 0.1f, 0)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(1, 0, 0.9999f, 0)]
    [InlineData(0.8f, 0, 1, 0.05f)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(0.8f, 40, 0.95f, 0.05f)]
    [InlineData(1.5f, 200, 0.5f, 0.001f)]
    public void The_tokens_left_and_their_probabilities_are_those_of_the_definition(
        float temperature,
        int topK,
        float topP,
        float minP
    )
    {
        var settings = new SamplingSettings
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            MinP = minP,
        };
        var random = new Random(11);
        for (var i = 0; i < 40; i++)
        {
            var size = random.Next(1, 3000);
            var spread = random.NextDouble() * 8;
            var logits = Enumerable
                .Range(0, size)
                .Select(_ => (float)((random.NextDouble() - 0.5) * spread * 2))
                .ToArray();

            var (ids, probabilities) = new Sampler(size, settings).Candidates(logits);
            var expected = Define(logits, settings);

            Assert.Equal(expected.Keys.Order(), ids.Order());
            for (var j = 0; j < ids.Length; j++)
            {
                Assert.Equal(expected[ids[j]], probabilities[j], 1e-5);
            }
        }
    }

    [Fact]
    public void Equal_scores_at_the_border_go_by_their_number()
    {
        var settings = new SamplingSettings { Temperature = 1, TopK = 2 };

        Assert.Equal([2, 4], new Sampler(s_logits.Length, settings).Candidates(s_logits).Ids);
    }

    [Fact]
    public void Without_a_temperature_it_is_always_the_likeliest()
    {
        var sampler = new Sampler(s_logits.Length, SamplingSettings.Greedy);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(2, sampler.Next(s_logits)));
    }

    [Fact]
    public void Tokens_come_as_often_as_they_are_likely_and_impossible_ones_never()
    {
        const int Count = 100_000;
        var sampler = new Sampler(s_logits.Length, new SamplingSettings { Temperature = 1, Seed = 5 });
        var expected = Define(s_logits, new SamplingSettings { Temperature = 1 });
        var counts = new int[s_logits.Length];

        for (var i = 0; i < Count; i++)
        {
            counts[sampler.Next(s_logits)]++;
        }

        Assert.Equal(0, counts[5]);
        foreach (var (id, probability) in expected)
        {
            Assert.Equal(probability, counts[id] / (double)Count, 0.005);
        }
    }

    [Fact]
    public void A_seed_decides_everything()
    {
        Assert.Equal(Draw(seed: 1), Draw(seed: 1));
        Assert.NotEqual(Draw(seed: 1), Draw(seed: 2));

        // By the definition of SplitMix64, so that a seed means the same in every version.
        Assert.Equal([3, 4, 6, 2, 2, 4, 6, 2, 2, 6], Draw(seed: 1).Take(10));
    }

    [Fact]
    public void Recent_tokens_are_made_less_likely()
    {
        var settings = new SamplingSettings { RepetitionPenalty = 2, RepetitionWindow = 2 };
        var sampler = new Sampler(4, settings);
        float[] logits = [3, 2.5f, 2, -1];

        // 3 counts as 1.5 when it was said, 2.5 as 1.25; after two others a token is forgotten.
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => sampler.Next(logits)));
    }

    [Fact]
    public void A_negative_logit_sinks_and_one_said_twice_sinks_once()
    {
        var settings = new SamplingSettings { RepetitionPenalty = 2, Temperature = 1 };
        var sampler = new Sampler(2, settings);
        sampler.Accept(0);
        sampler.Accept(0);

        var (_, probabilities) = sampler.Candidates([-1, -1.5f]);

        Assert.Equal(1 / (1 + Math.Exp(0.5)), probabilities[0], 1e-6);
    }

    [Fact]
    public void Choosing_allocates_nothing()
    {
        var random = new Random(2);
        var logits = Enumerable.Range(0, 32_000).Select(_ => (float)random.NextDouble() * 10).ToArray();
        foreach (var topK in (int[])[0, 40])
        {
            var settings = new SamplingSettings
            {
                Temperature = 0.8f,
                TopK = topK,
                TopP = 0.95f,
                MinP = 0.05f,
                RepetitionPenalty = 1.1f,
            };
            var sampler = new Sampler(logits.Length, settings);
            sampler.Next(logits);

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20; i++)
            {
                sampler.Next(logits);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Logits_are_left_as_they_are()
    {
        var logits = s_logits.ToArray();
        var settings = new SamplingSettings
        {
            Temperature = 0.5f,
            TopP = 0.9f,
            RepetitionPenalty = 1.5f,
        };
        var sampler = new Sampler(logits.Length, settings);

        sampler.Next(logits);
        sampler.Next(logits);

        Assert.Equal(s_logits, logits);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_no_numbers_are_refused(float wrong)
    {
        var sampler = new Sampler(3, new SamplingSettings { Temperature = 1 });

        Assert.Throws<ArgumentException>(() => sampler.Next([0, wrong, 1]));
        Assert.Throws<ArgumentException>(() => sampler.Next([0, 1]));
        Assert.Throws<ArgumentException>(() =>
            sampler.Next([float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity])
        );
    }

    [Fact]
    public void Settings_out_of_range_are_refused_by_name()
    {
        Assert.Equal("Temperature", Refused(() => new SamplingSettings { Temperature = -1 }));
        Assert.Equal("Temperature", Refused(() => new SamplingSettings { Temperature = float.NaN }));
        Assert.Equal("TopP", Refused(() => new SamplingSettings { TopP = 1.1f }));
        Assert.Equal("MinP", Refused(() => new SamplingSettings { MinP = -0.1f }));
        Assert.Equal("RepetitionPenalty", Refused(() => new SamplingSettings { RepetitionPenalty = 0.5f }));
        Assert.Equal("RepetitionWindow", Refused(() => new SamplingSettings { RepetitionWindow = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingSettings { TopK = -1 });

        static string? Refused(Func<object> create) => Assert.Throws<ArgumentOutOfRangeException>(create).ParamName;
    }

    private static List<int> Draw(ulong seed)
    {
        var sampler = new Sampler(s_logits.Length, new SamplingSettings { Temperature = 1, Seed = seed });
        return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next(s_logits))];
    }

    /// <summary>The definition: sort, cut to k, to the nucleus, to min-p, then heat and normalize.</summary>
    private static Dictionary<int, double> Define(float[] logits, SamplingSettings settings)
    {
        var sorted = logits
            .Select((logit, id) => (Id: id, Weight: Math.Exp(logit), Logit: (double)logit))
            .Where(token => token.Weight > 0)
            .OrderByDescending(token => token.Logit)
            .ThenBy(token => token.Id)
            .Take(settings.TopK == 0 ? int.MaxValue : settings.TopK)
            .ToList();
        var total = sorted.Sum(token => token.Weight);
        var nucleus = 1;
        for (var sum = sorted[0].Weight; sum < settings.TopP * total && nucleus < sorted.Count; nucleus++)
        {
            sum += sorted[nucleus].Weight;
        }

        var left = sorted
            .Take(settings.TopP < 1 ? nucleus : int.MaxValue)
            .Where(token => token.Weight >= settings.MinP * sorted[0].Weight)
            .Select(token => (token.Id, Weight: Math.Exp((token.Logit - sorted[0].Logit) / settings.Temperature)))
            .ToList();
        return left.ToDictionary(token => token.Id, token => token.Weight / left.Sum(other => other.Weight));
    }
}
