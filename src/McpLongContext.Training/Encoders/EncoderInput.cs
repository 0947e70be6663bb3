using McpLongContext.Inference.Bert;

namespace McpLongContext.Training.Encoders;

/// <summary>A sequence for the encoder, as search reads it.</summary>
/// <param name="Tokens">With [CLS], header and [SEP].</param>
/// <param name="IsKept">Whether a token's embedding is kept: those of special tokens, header and punctuation are not.</param>
internal sealed record EncoderInput(int[] Tokens, bool[] IsKept)
{
    /// <summary>The most tokens of a header.</summary>
    private const int MaxHeader = 40;

    /// <summary>Makes a sequence.</summary>
    /// <param name="encoder">Has the tokenizer.</param>
    /// <param name="header">Stands in front; a longer one loses its beginning.</param>
    /// <param name="text">A longer one loses its end.</param>
    /// <param name="most">The most tokens, special ones included.</param>
    public static EncoderInput Of(BertEncoder encoder, string header, string text, int most)
    {
        var tokenizer = encoder.Tokenizer;
        var room = Math.Min(most, encoder.Config.MaxPositions) - 2;
        var front = tokenizer.Tokenize(header);
        var mostFront = Math.Min(MaxHeader, room / 4);
        front = front.Length <= mostFront ? front : front[^mostFront..];
        var body = tokenizer.Tokenize(text);
        body = body.Length <= room - front.Length ? body : body[..(room - front.Length)];
        var tokens = new List<int>();
        encoder.AppendSequence([.. front, .. body], tokens);
        return new EncoderInput(
            [.. tokens],
            [
                .. tokens.Select(
                    (token, i) => i > front.Length && i < tokens.Count - 1 && !tokenizer.IsPunctuation(token)
                ),
            ]
        );
    }
}
