using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Training.Language;

namespace McpLongContext.Training.Unlimiformer.Examples;

/// <summary>Documents and their summaries; the last ones are held out.</summary>
internal sealed class PairExamples : ISourceExamples
{
    /// <summary>The share of the pairs that training does not see.</summary>
    private const double HeldOutShare = 0.1;

    /// <summary>Held-out pairs that are measured, at most.</summary>
    private const int MostHeldOut = 16;

    private readonly SourceExample[] _training;

    /// <summary>Takes pairs.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="mostTokens">Tokens of a document at most; a longer one loses its end.</param>
    /// <exception cref="TrainingException">There are fewer than two, or a summary is longer than the model can
    /// write.</exception>
    public PairExamples(
        IReadOnlyList<SummaryPair> pairs,
        Tokenizer tokenizer,
        EncoderDecoderConfig config,
        int mostTokens
    )
    {
        if (pairs.Count < 2)
        {
            throw new TrainingException(
                $"--pairs: {pairs.Count} found, expected 2 or more: the last ones are held out."
            );
        }

        SourceExample[] all = [.. pairs.Select((pair, index) => Example(pair, index + 1))];
        var held = Math.Max(1, (int)(pairs.Count * HeldOutShare));
        (_training, HeldOut) = (all[..^held], [.. all[^held..].Take(MostHeldOut)]);

        SourceExample Example(SummaryPair pair, int number)
        {
            int[] summary = [.. tokenizer.Encode(pair.Summary), config.End];
            var document = tokenizer.Encode(pair.Document);
            if (document.Length == 0 || summary.Length >= config.MaxPositions)
            {
                throw new TrainingException(
                    $"--pairs: pair {number} has {document.Length} tokens of a document and {summary.Length} of a summary, "
                        + $"expected 1 or more and fewer than {config.MaxPositions}."
                );
            }

            return new SourceExample(
                document[..Math.Min(document.Length, mostTokens)],
                [new TargetExample([], summary)]
            );
        }
    }

    /// <inheritdoc />
    public bool IsExact => false;

    /// <inheritdoc />
    public IReadOnlyList<SourceExample> HeldOut { get; }

    /// <inheritdoc />
    public IReadOnlyList<(string Name, IReadOnlyList<SourceExample> Examples)> Test => [];

    /// <inheritdoc />
    public SourceExample Draw(Random random, double progress) => _training[random.Next(_training.Length)];
}
