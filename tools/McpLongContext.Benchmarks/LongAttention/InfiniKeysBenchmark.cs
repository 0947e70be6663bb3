using McpLongContext.Training.Tasks;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>How many facts a compressive memory holds: the share of named five-digit keys that are given rightly, by their number.</summary>
internal static class InfiniKeysBenchmark
{
    private const int AnswerTokens = 12;

    private static readonly (string Fact, string Question)[] s_sentences =
    [
        ("The harbor master's name is {0}.", "What is the harbor master's name? The harbor master's name is"),
        (
            "The old baker of the town was called {0}.",
            "What was the old baker of the town called? The old baker of the town was called"
        ),
        (
            "The gray horse in the barn is named {0}.",
            "How is the gray horse in the barn named? The gray horse in the barn is named"
        ),
        ("The letter was written by {0}.", "Who wrote the letter? The letter was written by"),
        (
            "The captain of the blue ship is {0}.",
            "Who is the captain of the blue ship? The captain of the blue ship is"
        ),
    ];

    private static readonly string[] s_names = PersonNames.All[..20];

    /// <summary>Named keys by their number, and facts in sentences one by one.</summary>
    public static void Run(
        TextWriter output,
        string model,
        string? adapter,
        int length,
        IReadOnlyList<int> counts,
        int texts,
        IReadOnlyList<string> books,
        int threads
    )
    {
        using var reader = new InfiniReader(model, adapter, threads);
        var book = reader.Read(books, length);
        output.WriteLine($"{"keys", 9} {"asked", 6} {"right", 6} {"digits", 7}");
        foreach (var count in counts)
        {
            var (asked, right, digits) = (0, 0, 0);
            for (var text = 0; text < texts; text++)
            {
                var keys = new Needles(InfiniRecallBenchmark.SeedOf(count, text)).PassKeys(count);
                var memory = Remember(reader, book, [.. keys.Select(key => key.Sentence)]);
                foreach (var key in keys)
                {
                    var answer = reader.Answer(memory, $"{key.Question} {key.Begin}", AnswerTokens);
                    asked++;
                    right += answer == key.Answer ? 1 : 0;
                    digits += answer.Zip(key.Answer).Count(pair => pair.First == pair.Second);
                }
            }

            output.WriteLine($"{count, 9} {asked, 6} {(double)right / asked, 6:P0} {digits / (5.0 * asked), 7:P0}");
        }

        var told = 0;
        for (var i = 0; i < s_names.Length; i++)
        {
            var (fact, question) = s_sentences[i % s_sentences.Length];
            var memory = Remember(reader, book, [string.Format(null, fact, s_names[i])]);
            told += reader.Answer(memory, question, AnswerTokens).StartsWith(s_names[i], StringComparison.Ordinal)
                ? 1
                : 0;
        }

        output.WriteLine($"facts in sentences: {told} of {s_names.Length}");
    }

    /// <summary>The effect of the adapter on plain text: perplexity in segments as long, with it and without.</summary>
    public static void Damage(
        TextWriter output,
        string model,
        string? adapter,
        int length,
        IReadOnlyList<string> books,
        int threads
    )
    {
        using var reader = new InfiniReader(model, adapter, threads);
        foreach (var book in books)
        {
            var tokens = reader.Read([book], length);
            var plain = reader.NegativeLogLikelihoods(tokens, adapted: false);
            var adapted = reader.NegativeLogLikelihoods(tokens, adapted: true);
            var first = reader.Adapter.SegmentTokens - 1;
            output.WriteLine(
                $"{Path.GetFileName(book)}: perplexity of {length} tokens {Perplexity(plain):F3} without, "
                    + $"{Perplexity(adapted):F3} with the adapter ({(Perplexity(adapted) / Perplexity(plain)) - 1:+0.0 %;-0.0 %}); "
                    + $"of the first segment {Perplexity(plain[..first]):F3} and {Perplexity(adapted[..first]):F3}"
            );
        }

        static double Perplexity(double[] nats) => Math.Exp(nats.Average());
    }

    /// <summary>The book with sentences spread over it.</summary>
    private static McpLongContext.LongAttention.InfiniAttention.CompressiveMemory Remember(
        InfiniReader reader,
        int[] book,
        IReadOnlyList<string> sentences
    )
    {
        var text = new List<int>(book);
        for (var i = sentences.Count - 1; i >= 0; i--)
        {
            text.InsertRange(
                1 + (int)((i + 0.5) / sentences.Count * (book.Length - 1)),
                reader.Tokenizer.Encode(sentences[i])
            );
        }

        var memory = reader.Adapter.CreateMemory(reader.Config);
        reader.Remember(memory, [.. text]);
        return memory;
    }
}
