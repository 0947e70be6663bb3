using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Examples;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Infini;

/// <summary>
/// Asks the product's own engine, with the adapter as it would be installed, about texts that training did not see: the
/// facts of a task in filler that was held out, read token by token into a real compressive memory.
/// </summary>
/// <param name="model">The model without the adapter.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="filler">The filler.</param>
/// <param name="task">The task.</param>
/// <param name="threads">Threads that compute.</param>
internal sealed class HeldOutEvaluation(
    Decoder model,
    Tokenizer tokenizer,
    FillerText filler,
    ITrainingTask task,
    int threads
)
{
    /// <summary>The share of right answers by length.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="lengths">Tokens of a text.</param>
    /// <param name="texts">Texts of each length, their facts from the start to the end.</param>
    /// <param name="seed">Chooses facts and filler.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public IReadOnlyDictionary<int, double> Run(
        InfiniAdapter adapter,
        IReadOnlyList<int> lengths,
        int texts,
        int seed,
        CancellationToken cancellation
    )
    {
        // Not disposed: it shares the model's weights.
        var adapted = adapter.Apply(model);
        return lengths.ToDictionary(
            length => length,
            length =>
                Enumerable
                    .Range(0, texts)
                    .Count(text => IsRight(adapted, adapter, length, (text + 0.5) / texts, seed + text, cancellation))
                / (double)texts
        );
    }

    private bool IsRight(
        Decoder adapted,
        InfiniAdapter adapter,
        int length,
        double place,
        int seed,
        CancellationToken cancellation
    )
    {
        var random = new Random(InfiniTrainer.SeedOf(seed, length));
        var sample = SampleTokens.Of(tokenizer, task.Draw(random));
        var memory = adapter.CreateMemory(adapted.Config);
        Remember(adapted, adapter, memory, Text(random, sample, length, place), cancellation);
        using var run = adapted.CreateSession(adapter.Attend(adapted.Config, memory), threads);
        var prompt = tokenizer.Settings is { AddsBegin: true, Begin: { } begin }
            ? [begin, .. sample.Question]
            : sample.Question;
        var (state, logits) = (new float[adapted.Config.HiddenSize], new float[adapted.Config.VocabularySize]);
        foreach (var expected in sample.Answer)
        {
            run.Forward(prompt, state, cancellation);
            run.Logits(state, logits);
            var found = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits);
            // Either of the tokens that end a text does.
            if (found != expected && !(IsEnd(found) && IsEnd(expected)))
            {
                return false;
            }

            prompt = [expected];
        }

        return true;

        bool IsEnd(int token) => tokenizer.Settings.Ends.Contains(token);
    }

    private int[] Text(Random random, SampleTokens sample, int length, double place)
    {
        var tokens = new long[length];
        filler.Fill(random, tokens, heldOut: true);
        var facts = sample.Facts.SelectMany(fact => fact).ToArray();
        var start = 1 + (int)(place * (length - 1 - facts.Length));
        for (var i = 0; i < facts.Length; i++)
        {
            tokens[start + i] = facts[i];
        }

        if (tokenizer.Settings is { AddsBegin: true, Begin: { } begin })
        {
            tokens[0] = begin;
        }

        return [.. tokens.Select(token => (int)token)];
    }

    private void Remember(
        Decoder adapted,
        InfiniAdapter adapter,
        CompressiveMemory memory,
        int[] tokens,
        CancellationToken cancellation
    )
    {
        var attention = adapter.Attend(adapted.Config, memory);
        using var run = adapted.CreateSession(attention, adapted.Config.LayerCount - 1, threads);
        run.Forward(tokens, [], cancellation);
        attention.EndSegment();
    }
}
