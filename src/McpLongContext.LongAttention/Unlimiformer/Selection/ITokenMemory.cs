using System.Numerics.Tensors;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// The texts that a model may read from, token by token, and their keys. Not changed while it is read.
/// </summary>
public interface ITokenMemory
{
    /// <summary>The texts, in order.</summary>
    public IReadOnlyList<TokenMemoryText> Texts { get; }

    /// <summary>The tokens of a span.</summary>
    /// <param name="span">A span of one of the texts.</param>
    public IReadOnlyList<int> ReadTokens(TokenMemorySpan span);
}

/// <summary>A text of a token memory.</summary>
/// <param name="Name">The name in citations.</param>
/// <param name="Blocks">The keys, in the order of the tokens.</param>
public sealed record TokenMemoryText(string Name, IReadOnlyList<IKeyBlock> Blocks)
{
    /// <summary>The number of tokens.</summary>
    public int Tokens { get; } = Blocks.Sum(block => block.Tokens);

    /// <summary>Reads vectors of a plane, which may stand in several blocks.</summary>
    /// <param name="plane">The plane, from 0.</param>
    /// <param name="first">The first token.</param>
    /// <param name="count">How many.</param>
    /// <param name="vectors">[count, dimensions], overwritten.</param>
    public void Read(int plane, int first, int count, Span<float> vectors)
    {
        var width = vectors.Length / count;
        var start = 0;
        foreach (var block in Blocks)
        {
            var from = Math.Max(first, start);
            var end = Math.Min(first + count, start + block.Tokens);
            if (from < end)
            {
                var codes = block.Codes(plane, from - start, end - from);
                var scales = block.Scales(plane, from - start, end - from);
                var target = vectors.Slice((from - first) * width, (end - from) * width);
                TensorPrimitives.ConvertTruncating(codes, target);
                for (var token = 0; token < scales.Length; token++)
                {
                    var vector = target.Slice(token * width, width);
                    TensorPrimitives.Multiply(vector, scales[token], vector);
                }
            }

            start += block.Tokens;
        }
    }
}

/// <summary>Consecutive tokens of a text.</summary>
/// <param name="Text">The text, counted from 0.</param>
/// <param name="First">The first token, counted from the text's start.</param>
/// <param name="Count">How many.</param>
/// <param name="Score">How strongly the question attends to its strongest phrase, less what any question does.</param>
public sealed record TokenMemorySpan(int Text, int First, int Count, double Score);
