using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.InfiniAttention;

namespace McpLongContext.LongAttention.Tests.InfiniAttention;

/// <summary>Random queries, keys and values of one layer, and what attention makes of them.</summary>
internal sealed record AttentionSample(DecoderConfig Config, int Tokens, float[] Queries, float[] Keys, float[] Values)
{
    public static AttentionSample Create(int kvHeads, int queryHeadsPerKvHead, int width, int tokens, int seed = 1)
    {
        var random = new Random(seed);
        var config = new DecoderConfig
        {
            Architecture = "llama",
            VocabularySize = 10,
            HiddenSize = kvHeads * queryHeadsPerKvHead * width,
            LayerCount = 1,
            HeadCount = kvHeads * queryHeadsPerKvHead,
            KeyValueHeadCount = kvHeads,
            HeadDim = width,
            IntermediateSize = 8,
            ContextLength = 512,
            RmsNormEpsilon = 1e-5f,
        };
        return new AttentionSample(
            config,
            tokens,
            Uniform(tokens * config.QuerySize),
            Uniform(tokens * config.KeyValueSize),
            Uniform(tokens * config.KeyValueSize)
        );

        float[] Uniform(int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 4) - 2)];
    }

    /// <summary>The same with other numbers in one token's queries, keys and values.</summary>
    public AttentionSample Disturb(int token)
    {
        var changed = this with { Queries = [.. Queries], Keys = [.. Keys], Values = [.. Values] };
        changed.Queries.AsSpan(token * Config.QuerySize, Config.QuerySize).Fill(3);
        changed.Keys.AsSpan(token * Config.KeyValueSize, Config.KeyValueSize).Fill(-1);
        changed.Values.AsSpan(token * Config.KeyValueSize, Config.KeyValueSize).Fill(9);
        return changed;
    }

    /// <summary>The same with other keys and values in one group of heads.</summary>
    public AttentionSample DisturbGroup(int kvHead)
    {
        var changed = this with { Keys = [.. Keys], Values = [.. Values] };
        for (var token = 0; token < Tokens; token++)
        {
            var first = ((token * Config.KeyValueHeadCount) + kvHead) * Config.HeadDim;
            changed.Keys.AsSpan(first, Config.HeadDim).Fill(token % 3);
            changed.Values.AsSpan(first, Config.HeadDim).Fill(token % 5);
        }

        return changed;
    }

    public CompressiveMemory CreateMemory(UpdateRule rule) => new(1, Config.KeyValueHeadCount, Config.HeadDim, rule);

    /// <summary>The same gate in every head.</summary>
    public InfiniGates Gates(float beta) =>
        InfiniGates.FromBetas(Config, [.. Enumerable.Repeat(beta, Config.HeadCount)]);

    /// <summary>Attends all tokens, some at a time.</summary>
    public float[] Attend(IAttention attention, int block)
    {
        using var threadPool = new ComputeThreadPool(2);
        var output = new float[Queries.Length];
        for (var first = 0; first < Tokens; first += block)
        {
            var count = Math.Min(block, Tokens - first);
            attention.Attend(
                new AttentionBlock(
                    0,
                    first,
                    Queries.AsMemory(first * Config.QuerySize, count * Config.QuerySize),
                    Keys.AsMemory(first * Config.KeyValueSize, count * Config.KeyValueSize),
                    Values.AsMemory(first * Config.KeyValueSize, count * Config.KeyValueSize),
                    output.AsMemory(first * Config.QuerySize, count * Config.QuerySize)
                ),
                threadPool
            );
        }

        return output;
    }

    public float[] Attend(CompressiveMemory memory, InfiniGates gates, int segment, int block = 512) =>
        Attend(new SegmentedAttention(Config, memory, gates, segment), block);

    /// <summary>The output of one head, [tokens, headDim].</summary>
    public float[] Head(float[] output, int head) =>
        [
            .. Enumerable
                .Range(0, Tokens)
                .SelectMany(token =>
                    output.AsSpan((token * Config.QuerySize) + (head * Config.HeadDim), Config.HeadDim).ToArray()
                ),
        ];
}
