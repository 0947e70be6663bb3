using McpLongContext.Inference.Tokenizers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>A fact's place in the tokens of a text.</summary>
/// <param name="Question">The question whose answer is the fact.</param>
/// <param name="First">The first token of the fact.</param>
/// <param name="End">The token after it.</param>
internal sealed record PlantedFact(string Question, int First, int End);

/// <summary>The calibration's text as a model reads it: each fact between two paragraphs.</summary>
/// <param name="Tokens">The text.</param>
/// <param name="Facts">The facts and their positions.</param>
internal sealed record CalibrationDocument(int[] Tokens, IReadOnlyList<PlantedFact> Facts)
{
    /// <summary>Plants the facts in as much of the text as a window holds.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="room">The most tokens.</param>
    public static CalibrationDocument Plant(Tokenizer tokenizer, int room)
    {
        var tokens = new List<int>();
        var facts = new List<PlantedFact>();
        for (var i = 0; i < CalibrationText.Facts.Count; i++)
        {
            // Neighbors of one family stand apart.
            var fact = CalibrationText.Facts[i * 5 % CalibrationText.Facts.Count];
            var paragraph = tokenizer.Encode(CalibrationText.Paragraphs[i].ReplaceLineEndings(" "));
            var sentence = tokenizer.Encode(fact.Sentence);
            if (tokens.Count + paragraph.Length + sentence.Length > room)
            {
                break;
            }

            tokens.AddRange(paragraph);
            facts.Add(new PlantedFact(fact.Question, tokens.Count, tokens.Count + sentence.Length));
            tokens.AddRange(sentence);
        }

        return new CalibrationDocument([.. tokens], facts);
    }
}
