using McpLongContext.Training.Modules.Retrieval;
using static TorchSharp.torch;

namespace McpLongContext.Training.Unlimiformer.Decoders;

/// <summary>Documents of equal length, and questions to them.</summary>
/// <param name="Documents">Tokens of each.</param>
/// <param name="Rows">The questions.</param>
/// <param name="Answers">By question the task's name, and the answer with the token that ends it.</param>
internal sealed record QuestionBatch(
    IReadOnlyList<int[]> Documents,
    IReadOnlyList<PromptRow> Rows,
    IReadOnlyList<(string Task, int[] Tokens)> Answers
)
{
    /// <summary>[answer tokens]: the tokens that are to be written, row by row.</summary>
    public Tensor Expected =>
        tensor(Answers.SelectMany(answer => answer.Tokens.Select(token => (long)token)).ToArray());

    /// <summary>[answer tokens, hidden]: the states after which they are written.</summary>
    /// <param name="states">[rows, tokens, hidden].</param>
    public Tensor StatesOf(Tensor states)
    {
        var width = states.shape[1];
        long[] positions =
        [
            .. Rows.Zip(Answers)
                .SelectMany(
                    (one, row) =>
                        Enumerable
                            .Range(one.First.PromptTokens - 1, one.Second.Tokens.Length)
                            .Select(at => (row * width) + at)
                ),
        ];
        return states.flatten(0, 1).index_select(0, tensor(positions));
    }

    /// <summary>The share of exact answers by task.</summary>
    /// <param name="logits">[answer tokens, vocabulary].</param>
    public Dictionary<string, double> ExactByTask(Tensor logits)
    {
        using var expected = Expected;
        var right = logits.argmax(-1).eq(expected).data<bool>().ToArray();
        var at = 0;
        var exact = new List<(string Task, bool IsExact)>();
        foreach (var (task, tokens) in Answers)
        {
            exact.Add((task, Array.TrueForAll(right[at..(at + tokens.Length)], one => one)));
            at += tokens.Length;
        }

        return exact
            .GroupBy(one => one.Task)
            .ToDictionary(group => group.Key, group => group.Average(one => one.IsExact ? 1.0 : 0));
    }
}
