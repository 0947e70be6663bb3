using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Training.Unlimiformer.Examples;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>The targets of one source, filled up to the longest.</summary>
/// <param name="Tokens">[targets, tokens], int64: what the decoder reads.</param>
/// <param name="Expected">[targets, tokens], int64: what is to be written next; <see cref="None"/> where nothing is.</param>
/// <param name="Gold">
/// [targets, tokens, gold tokens], int64: encoder states of the source tokens that hold what is to be written next, -1
/// where there are fewer or none; null: not known.
/// </param>
internal sealed record TargetBatch(Tensor Tokens, Tensor Expected, Tensor? Gold)
{
    /// <summary>Nothing is expected.</summary>
    public const long None = -100;

    /// <summary>Puts targets together.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="targets">The targets.</param>
    /// <param name="before">Encoder states before that of the first token of the source.</param>
    public static TargetBatch Of(EncoderDecoderConfig config, IReadOnlyList<TargetExample> targets, int before)
    {
        var length = targets.Max(target => target.Prompt.Length + target.Answer.Length);
        var width = targets.Max(target => target.Gold.Length);
        var (tokens, expected) = (Filled(config.End, 1), Filled(None, 1));
        var gold = Filled(-1, width);
        for (var i = 0; i < targets.Count; i++)
        {
            var (prompt, answer, held) = targets[i];
            int[] read = [config.TargetBegin, .. prompt, .. answer[..^1]];
            var (start, first) = (i * length, (i * length) + prompt.Length);
            for (var j = 0; j < read.Length; j++)
            {
                tokens[start + j] = read[j];
            }

            for (var j = 0; j < answer.Length; j++)
            {
                expected[first + j] = answer[j];
            }

            // The token that ends a target is held nowhere.
            for (var j = 0; j < (answer.Length - 1) * held.Length; j++)
            {
                gold[(first * width) + (j / held.Length * width) + (j % held.Length)] = held[j % held.Length] + before;
            }
        }

        return new TargetBatch(
            Shaped(tokens),
            Shaped(expected),
            width > 0 ? tensor(gold).reshape(targets.Count, length, width) : null
        );

        long[] Filled(long value, int perToken)
        {
            var values = new long[targets.Count * length * perToken];
            Array.Fill(values, value);
            return values;
        }

        Tensor Shaped(long[] values) => tensor(values).reshape(targets.Count, length);
    }
}
