using static TorchSharp.torch;

namespace McpLongContext.Training.Encoders;

/// <summary>Sequences that are encoded together, filled up to the longest.</summary>
internal sealed class EncoderBatch
{
    public EncoderBatch(IReadOnlyList<EncoderInput> inputs)
    {
        var (count, longest) = (inputs.Count, inputs.Max(input => input.Tokens.Length));
        var tokens = new long[count * longest];
        var isToken = new bool[count * longest];
        var isKept = new bool[count * longest];
        foreach (var (row, input) in inputs.Index())
        {
            for (var i = 0; i < input.Tokens.Length; i++)
            {
                var at = (row * longest) + i;
                (tokens[at], isToken[at], isKept[at]) = (input.Tokens[i], true, input.IsKept[i]);
            }
        }

        Tokens = tensor(tokens, [count, longest]);
        IsToken = tensor(isToken, [count, longest]);
        IsKept = tensor(isKept, [count, longest]);
    }

    /// <summary>[sequences, tokens], int64.</summary>
    public Tensor Tokens { get; }

    /// <summary>[sequences, tokens]: false for what fills up.</summary>
    public Tensor IsToken { get; }

    /// <summary>[sequences, tokens]: whether the embedding is kept.</summary>
    public Tensor IsKept { get; }
}
