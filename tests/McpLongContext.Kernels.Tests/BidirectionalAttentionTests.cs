using System.Runtime.Intrinsics;
using McpLongContext.Kernels.Attention;
using McpLongContext.Kernels.Products;
using McpLongContext.Kernels.Simd;

namespace McpLongContext.Kernels.Tests;

public class BidirectionalAttentionTests
{
    public static TheoryData<Width, int, int, int> Shapes()
    {
        var data = new TheoryData<Width, int, int, int>();
        foreach (var width in Enum.GetValues<Width>())
        {
            data.Add(width, 1, 1, 1);
            data.Add(width, 48, 2, 32);
            data.Add(width, 101, 12, 32);
            data.Add(width, 257, 1, 64);
            var random = new Random(1);
            for (var i = 0; i < 20; i++)
            {
                data.Add(width, random.Next(1, 120), random.Next(1, 5), random.Next(1, 80));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Each_token_gets_the_weighted_values_of_all_tokens(Width width, int tokens, int heads, int headDim)
    {
        var qkv = Sample.Uniform(2, tokens * 3 * heads * headDim, 3);
        var output = new float[tokens * heads * headDim];
        switch (width)
        {
            case Width.Bits512:
                BidirectionalAttention.Attend<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                    qkv,
                    heads,
                    headDim,
                    output
                );
                break;
            case Width.Bits256:
                BidirectionalAttention.Attend<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(
                    qkv,
                    heads,
                    headDim,
                    output
                );
                break;
            default:
                BidirectionalAttention.Attend<Tile8x2<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(
                    qkv,
                    heads,
                    headDim,
                    output
                );
                break;
        }

        Sample.Close(Oracle.Attention(qkv, tokens, heads, headDim), output, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void One_head_may_have_another_scale_and_a_bias_by_distance(Width width, int tokens, int heads, int headDim)
    {
        var qkv = Sample.Uniform(4, tokens * 3 * heads * headDim, 1);
        var bias = Sample.Uniform(5, (2 * tokens) - 1, 3);
        var output = new float[tokens * heads * headDim];
        for (var head = 0; head < heads; head++)
        {
            var range = new BidirectionalAttention.HeadRange(head, 1, 0.7f);
            switch (width)
            {
                case Width.Bits512:
                    BidirectionalAttention.Attend<Tile8x2<Simd512, float, Vector512<float>>, Simd512, Vector512<float>>(
                        qkv,
                        heads,
                        headDim,
                        range,
                        bias,
                        output
                    );
                    break;
                case Width.Bits256:
                    BidirectionalAttention.Attend<Tile6x2<Simd256, float, Vector256<float>>, Simd256, Vector256<float>>(
                        qkv,
                        heads,
                        headDim,
                        range,
                        bias,
                        output
                    );
                    break;
                default:
                    BidirectionalAttention.Attend<Tile8x2<Simd128, float, Vector128<float>>, Simd128, Vector128<float>>(
                        qkv,
                        heads,
                        headDim,
                        range,
                        bias,
                        output
                    );
                    break;
            }
        }

        Sample.Close(Oracle.Attention(qkv, tokens, heads, headDim, 0.7f, bias), output, 2e-5);
    }

    [Fact]
    public void Scores_far_apart_select_one_value()
    {
        // The query of every token is (100, 0), the key of token 2 is (100, 0), all others are (-100, 0).
        const int Tokens = 5;
        var qkv = new float[Tokens * 6];
        for (var token = 0; token < Tokens; token++)
        {
            qkv[token * 6] = 100;
            qkv[(token * 6) + 2] = token == 2 ? 100 : -100;
            qkv[(token * 6) + 4] = token;
            qkv[(token * 6) + 5] = -token;
        }

        var output = new float[Tokens * 2];
        BidirectionalAttention.Attend(qkv, 1, 2, output);
        Assert.Equal([2, -2, 2, -2, 2, -2, 2, -2, 2, -2], output);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        Assert.Throws<ArgumentException>("qkv", () => BidirectionalAttention.Attend(new float[13], 2, 2, new float[4]));
        Assert.Throws<ArgumentException>(
            "output",
            () => BidirectionalAttention.Attend(new float[12], 2, 2, new float[5])
        );
    }
}
