using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Modules;
using static TorchSharp.torch;

namespace McpLongContext.Training.Tests.Modules;

public sealed class DifferentiableMemoryTests
{
    [Fact]
    public void A_weighted_segment_stands_for_so_many_alike()
    {
        using var scope = NewDisposeScope();
        var memory = new DifferentiableMemory(UpdateRule.Linear);
        var (keys, values) = (randn([1, 3, 2, 4, 6]), randn([1, 3, 2, 4, 6]));

        var (matrices, normalizers) = memory.Write(keys, values, before: null, tensor([1f, 3f, 1f]).reshape(1, 3));

        var order = tensor([0L, 1L, 1L, 1L, 2L]);
        var (expected, expectedNormalizers) = memory.Write(
            keys.index_select(1, order),
            values.index_select(1, order),
            before: null,
            weights: null
        );
        Assert.True(matrices.select(1, 3).allclose(expected.select(1, 5), rtol: 1e-4, atol: 1e-5));
        Assert.True(normalizers.select(1, 3).allclose(expectedNormalizers.select(1, 5), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void A_query_far_below_zero_still_reads_the_memory()
    {
        using var scope = NewDisposeScope();
        var (matrix, normalizer) = (rand([6, 6]), rand([6]) + 1);
        var query = full([1, 6], -40f);

        var read = DifferentiableMemory.Read(query, matrix, normalizer);

        // All features are alike, so that they cancel out.
        Assert.True(read.allclose(matrix.sum(0, keepdim: true) / normalizer.sum(), rtol: 1e-4, atol: 1e-5));
    }

    [Fact]
    public void The_delta_rule_adds_nothing_that_the_memory_returns_already()
    {
        using var scope = NewDisposeScope();
        var memory = new DifferentiableMemory(UpdateRule.Delta);
        // One key with one value in every segment: before the second, the memory returns it.
        var (keys, values) = (
            randn([1, 1, 1, 1, 6]).expand(1, 2, 1, 1, 6),
            randn([1, 1, 1, 1, 6]).expand(1, 2, 1, 1, 6)
        );

        var (matrices, _) = memory.Write(keys, values, before: null, weights: null);

        Assert.True(matrices.select(1, 2).allclose(matrices.select(1, 1), rtol: 1e-4, atol: 1e-5));
    }
}
