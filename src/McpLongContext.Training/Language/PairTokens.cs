using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.Training.Language;

/// <summary>A pair as tokens.</summary>
/// <param name="Prompt">The document and the words that ask for its summary.</param>
/// <param name="Summary">The summary, and the token that ends it.</param>
internal readonly record struct PairTokens(int[] Prompt, int[] Summary)
{
    /// <summary>The text between document and summary.</summary>
    public const string Request = "\n\nSummary:\n";

    /// <summary>Tokens of both.</summary>
    public int Length => Prompt.Length + Summary.Length;

    /// <summary>Tokenizes a pair.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="most">Tokens of both at most; the document loses its end where it is longer.</param>
    /// <exception cref="TrainingException">The summary leaves no room for a document.</exception>
    public static PairTokens Of(SummaryPair pair, Tokenizer tokenizer, int most)
    {
        var request = tokenizer.Encode(Request);
        int[] summary = [.. tokenizer.Encode(pair.Summary), EndOf(tokenizer)];
        var room = most - request.Length - summary.Length;
        if (room < 2)
        {
            throw new TrainingException(
                $"--pairs: a summary of {summary.Length} tokens leaves no room for its document in {most}: take more "
                    + "--segments."
            );
        }

        var document = tokenizer.EncodePrompt(pair.Document);
        return new PairTokens([.. document.AsSpan(0, Math.Min(room, document.Length)), .. request], summary);
    }

    private static int EndOf(Tokenizer tokenizer) =>
        tokenizer.Settings.End
        ?? tokenizer.Settings.Ends.Cast<int?>().FirstOrDefault()
        ?? throw new TrainingException("the model's tokenizer has no token that ends a text.");
}
