using System.Globalization;
using System.Text;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Chat;

namespace McpLongContext.Context.Answers;

/// <summary>A question with numbered evidence, as a chat model reads it.</summary>
internal sealed class AnswerPrompt
{
    /// <summary>What the model is asked to write where the evidence does not have the answer.</summary>
    public const string NotThere = "not in the passages";

    private AnswerPrompt(int[] tokens, IReadOnlyList<Evidence> passages)
    {
        Tokens = tokens;
        Passages = passages;
    }

    /// <summary>The prompt, in the model's chat format.</summary>
    public int[] Tokens { get; }

    /// <summary>The evidence that it has room for, the best first; number n stands at n - 1.</summary>
    public IReadOnlyList<Evidence> Passages { get; }

    /// <summary>
    /// Takes evidence while it fits, best first. Where not even the best does, its first lines are taken.
    /// </summary>
    /// <param name="template">The model's chat format.</param>
    /// <param name="question">The question.</param>
    /// <param name="evidence">One piece at least.</param>
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
                Citation = $"{best.Path}:{best.StartLine}-{end}",
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
        foreach (var (index, passage) in passages.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"[{index + 1}] ");
            if (passage.Context.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"({passage.Context}) ");
            }

            text.Append(passage.Text.Trim()).Append("\n\n");
        }

        // The question and the rules stand last: a small model forgets what stood before a long text.
        text.Append("Answer the question in one short sentence, from the passages above alone, and name the number of ")
            .Append(
                CultureInfo.InvariantCulture,
                $"the passage, like [1]. If they do not answer it, write \"{NotThere}\".\n"
            )
            .Append("Question: ")
            .Append(question);
        return new AnswerPrompt(template.Encode([new ChatMessage(ChatRole.User, text.ToString())]), passages);
    }
}
