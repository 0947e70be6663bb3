using System.Globalization;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Chat;

namespace McpLongContext.Context.Answers;

/// <summary>
/// A question with evidence, as a chat model reads it. The passages have no numbers, and nothing is said of what to
/// write where they have no answer: small models write about both instead of answering. <see cref="AnswerSupport"/>
/// finds the citations.
/// </summary>
internal sealed class AnswerPrompt
{
    /// <summary>The sentence that a model writes where the evidence does not have the answer.</summary>
    public const string NotThere = "not in the passages";

    /// <summary>The beginning of the model's reply, so that the model continues with the answer.</summary>
    private const string Reply = "Answer:";

    private AnswerPrompt(int[] tokens, IReadOnlyList<Evidence> passages)
    {
        Tokens = tokens;
        Passages = passages;
    }

    /// <summary>The prompt, in the model's chat format.</summary>
    public int[] Tokens { get; }

    /// <summary>The evidence that it has room for, the best first.</summary>
    public IReadOnlyList<Evidence> Passages { get; }

    /// <summary>
    /// Takes evidence while it fits, best first. Where not even the best does, its first lines are taken.
    /// </summary>
    /// <param name="template">The model's chat format.</param>
    /// <param name="question">The question.</param>
    /// <param name="evidence">Passages by themselves, best first, one at least.</param>
    /// <param name="maxTokens">The room for the prompt.</param>
    /// <returns><see langword="null"/> where the question leaves no room for a line of evidence.</returns>
    public static AnswerPrompt? Create(
        ChatTemplate template,
        string question,
        IReadOnlyList<Evidence> evidence,
        int maxTokens
    )
    {
        AnswerPrompt? fitting = null;
        for (var count = 1; count <= evidence.Count; count++)
        {
            var next = Encode(template, question, [.. evidence.Take(count)]);
            if (next.Tokens.Length > maxTokens)
            {
                break;
            }

            fitting = next;
        }

        return fitting ?? OfFirstLines(template, question, evidence[0], maxTokens);
    }

    private static AnswerPrompt? OfFirstLines(ChatTemplate template, string question, Evidence best, int maxTokens)
    {
        var lines = best.Text.Split('\n');
        for (var count = lines.Length / 2; count > 0; count /= 2)
        {
            var end = best.StartLine + count - 1;
            var head = best with
            {
                Citation = best.Location.Length > 0 ? best.Citation : $"{best.Path}:{best.StartLine}-{end}",
                EndLine = end,
                Text = string.Join('\n', lines.Take(count)),
            };
            var prompt = Encode(template, question, [head]);
            if (prompt.Tokens.Length <= maxTokens)
            {
                return prompt;
            }
        }

        return null;
    }

    private static AnswerPrompt Encode(ChatTemplate template, string question, IReadOnlyList<Evidence> passages)
    {
        var text = new StringBuilder();
        foreach (var passage in passages)
        {
            if (passage.Context.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"({passage.Context}) ");
            }

            text.Append(passage.Text.Trim()).Append("\n\n");
        }

        // The question stands last: a small model forgets what stood before a long text.
        text.Append("Answer the question in a few words, from the text above.\n\nQuestion: ").Append(question);
        var tokens = template.Encode([new ChatMessage(ChatRole.User, text.ToString())], Reply);
        return new AnswerPrompt(tokens, passages);
    }
}
