using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Training.Unlimiformer.Examples;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>The targets of one source, filled up to the longest.</summary>
/// <param name="Tokens">[targets, tokens], int64: what the decoder reads.</param>
/// <param name="Expected">[targets, tokens], int64: what is to be written next; <see cref="None"/> where nothing is.</param>
/// <param name="Gold">
/// [targets, tokens], int64: the encoder state of the source token that holds it, -1 where none does; null: not known.
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
        var (tokens, expected, gold) = (Filled(config.End), Filled(None), Filled(-1));
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
                gold[first + j] = held is null || held[j] < 0 ? -1 : held[j] + before;
            }
        }

        var isKnown = targets.Any(target => target.Gold is not null);
        return new TargetBatch(Shaped(tokens), Shaped(expected), isKnown ? Shaped(gold) : null);

        long[] Filled(long value)
        {
            var values = new long[targets.Count * length];
            Array.Fill(values, value);
            return values;
        }

        Tensor Shaped(long[] values) => tensor(values).reshape(targets.Count, length);
    }
}
