using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class Int8BidirectionalAttentionTests
{
    /// <summary>The integer arithmetics; all of them run on any machine, with other instructions where it lacks theirs.</summary>
    public enum Arithmetic
    {
        Bytes128,
        Bytes256,
        Shorts256,
        Shorts512,
        Bytes512,
        Chosen,
    }

    public static TheoryData<Arithmetic, int, int, int> Shapes()
    {
        var data = new TheoryData<Arithmetic, int, int, int>();
        foreach (var arithmetic in Enum.GetValues<Arithmetic>())
        {
            data.Add(arithmetic, 1, 1, 1);
            data.Add(arithmetic, 48, 2, 32);
            data.Add(arithmetic, 101, 12, 32);
            data.Add(arithmetic, 257, 1, 64);
            var random = new Random(1);
            for (var i = 0; i < 12; i++)
            {
                data.Add(arithmetic, random.Next(1, 120), random.Next(1, 5), random.Next(1, 80));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Weighted_values_differ_from_the_exact_ones_by_little(
        Arithmetic arithmetic,
        int tokens,
        int heads,
        int headDim
    )
    {
        var qkv = Sample.Uniform(2, tokens * 3 * heads * headDim, 2);
        var output = Run(arithmetic, qkv, tokens, heads, headDim);

        // Values are off by half a step of 2/127; scores by up to some hundredths, which moves weights by as much.
        Sample.Close(Oracle.Attention(qkv, tokens, heads, headDim), output, 0.1);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void All_arithmetics_agree_to_the_last_bit(Arithmetic arithmetic, int tokens, int heads, int headDim)
    {
        var qkv = Sample.Uniform(3, tokens * 3 * heads * headDim, 2);

        Assert.Equal(
            Run(Arithmetic.Bytes128, qkv, tokens, heads, headDim),
            Run(arithmetic, qkv, tokens, heads, headDim)
        );
    }

    [Theory]
    [InlineData(Arithmetic.Bytes128)]
    [InlineData(Arithmetic.Bytes256)]
    [InlineData(Arithmetic.Shorts256)]
    [InlineData(Arithmetic.Shorts512)]
    [InlineData(Arithmetic.Bytes512)]
    [InlineData(Arithmetic.Chosen)]
    public void Equal_keys_of_a_length_that_fills_no_vector_give_the_mean(Arithmetic arithmetic)
    {
        const int Tokens = 5;
        var qkv = new float[Tokens * 3];
        for (var token = 0; token < Tokens; token++)
        {
            qkv[(token * 3) + 2] = token;
        }

        Sample.Close([2, 2, 2, 2, 2], Run(arithmetic, qkv, Tokens, 1, 1), 0.02);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        Assert.Throws<ArgumentException>(
            "qkv",
            () => Int8BidirectionalAttention.Attend(new float[13], 2, 2, new float[4])
        );
        Assert.Throws<ArgumentException>(
            "output",
            () => Int8BidirectionalAttention.Attend(new float[12], 2, 2, new float[5])
        );
        Assert.Throws<ArgumentOutOfRangeException>(
            "qkv",
            () =>
                Int8BidirectionalAttention.Attend(
                    new float[3 * (Int8BidirectionalAttention.MaxTokens + 1)],
                    1,
                    1,
                    new float[Int8BidirectionalAttention.MaxTokens + 1]
                )
        );
    }

    private static float[] Run(Arithmetic arithmetic, float[] qkv, int tokens, int heads, int headDim)
    {
        var output = new float[tokens * heads * headDim];
        switch (arithmetic)
        {
            case Arithmetic.Bytes128:
                Run<
                    Tile8x2<ByteDotProduct128, int, Vector128<int>>,
                    ByteDotProduct128,
                    Vector128<int>,
                    Simd128,
                    Vector128<float>
                >();
                break;
            case Arithmetic.Bytes256:
                Run<
                    Tile6x2<ByteDotProduct256, int, Vector256<int>>,
                    ByteDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >();
                break;
            case Arithmetic.Shorts256:
                Run<
                    Tile6x2<ShortDotProduct256, int, Vector256<int>>,
                    ShortDotProduct256,
                    Vector256<int>,
                    Simd256,
                    Vector256<float>
                >();
                break;
            case Arithmetic.Shorts512:
                Run<
                    Tile8x2<ShortDotProduct512, int, Vector512<int>>,
                    ShortDotProduct512,
                    Vector512<int>,
                    Simd512,
                    Vector512<float>
                >();
                break;
            case Arithmetic.Bytes512:
                Run<
                    Tile8x2<ByteDotProduct512, int, Vector512<int>>,
                    ByteDotProduct512,
                    Vector512<int>,
                    Simd512,
                    Vector512<float>
                >();
                break;
            default:
                Int8BidirectionalAttention.Attend(qkv, heads, headDim, output);
                break;
        }

        return output;

        void Run<TTile, TDot, TWords, TSimd, TVector>()
            where TTile : ITile<int>
            where TDot : IDotProduct<TDot, TWords>
            where TWords : unmanaged
            where TSimd : ISimd<TSimd, TVector>
            where TVector : unmanaged =>
            Int8BidirectionalAttention.Attend<TTile, TDot, TWords, TSimd, TVector>(qkv, heads, headDim, output);
    }
}
