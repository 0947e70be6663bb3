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

    private static readonly string[] s_otherNames =
    [
        "Albert",
        "Beatrice",
        "Clara",
        "Dorothy",
        "Edgar",
        "Felix",
        "Grace",
        "Hugo",
        "Iris",
        "Jonas",
        "Klara",
        "Leonard",
        "Martha",
        "Nora",
        "Oliver",
        "Philip",
        "Quentin",
        "Rachel",
        "Stella",
        "Victor",
    ];

    /// <summary>Named keys by their number, of one adapter after the other.</summary>
    /// <param name="output">Receives the figures.</param>
    /// <param name="model">The name that the model is installed under.</param>
    /// <param name="adapters">Files; null: that of the model's folder.</param>
    /// <param name="length">Tokens of a text without its facts.</param>
    /// <param name="counts">Numbers of keys, 1 or more.</param>
    /// <param name="asked">Keys of each number that are asked for at least, in as many texts as that takes.</param>
    /// <param name="picture">Where the curve is written; null: nowhere.</param>
    /// <param name="books">The text around facts.</param>
    /// <param name="threads">Threads that compute.</param>
    public static void Run(
        TextWriter output,
        string model,
        IReadOnlyList<string?> adapters,
        int length,
        IReadOnlyList<int> counts,
        int asked,
        string? picture,
        IReadOnlyList<string> books,
        int threads
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(counts.Min(), 1, nameof(counts));
        var lines = new List<(string, IReadOnlyList<(int, double)>)>();
        foreach (var adapter in adapters)
        {
            using var reader = new InfiniReader(model, adapter, threads);
            var book = reader.Read(books, length);
            var rule = reader.Adapter.Rule.ToString().ToLowerInvariant();
            output.WriteLine($"{adapter ?? "installed"}, {rule}");
            output.WriteLine($"{"keys", 9} {"asked", 6} {"right", 6} {"digits", 7}");
            lines.Add(
                (
                    adapter is null ? rule : Path.GetFileNameWithoutExtension(adapter),
                    [.. counts.Select(count => (count, Keys(output, reader, book, count, asked)))]
                )
            );
        }

        if (picture is not null)
        {
            var title = $"{model}: named keys given rightly, {length:N0} tokens";
            File.WriteAllText(picture, InfiniKeysPicture.Draw(title, lines));
        }
    }

    /// <summary>The share of right answers.</summary>
    private static double Keys(TextWriter output, InfiniReader reader, int[] book, int count, int least)
    {
        var (asked, right, digits) = (0, 0, 0);
        var texts = (least + count - 1) / count;
        for (var text = 0; text < texts; text++)
        {
            var keys = new Needles(InfiniRecallBenchmark.SeedOf(count, text)).PassKeys(count);
            // A single key at another place in every text, several from the start to the end.
            var from = count == 1 ? (text + 0.5) / texts : 0.5 / count;
            var memory = Remember(reader, book, [.. keys.Select(key => key.Sentence)], from);
            foreach (var key in keys)
            {
                var answer = reader.Answer(memory, $"{key.Question} {key.Begin}", AnswerTokens);
                asked++;
                right += answer == key.Answer ? 1 : 0;
                digits += answer.Zip(key.Answer).Count(pair => pair.First == pair.Second);
            }
        }

        output.WriteLine($"{count, 9} {asked, 6} {(double)right / asked, 6:P0} {digits / (5.0 * asked), 7:P0}");
        return (double)right / asked;
    }

    /// <summary>Facts in sentences, one a text, each at another place: the name and nothing after it is right.</summary>
    public static void Facts(
        TextWriter output,
        string model,
        string? adapter,
        int length,
        IReadOnlyList<string> books,
        int threads
    )
    {
        using var reader = new InfiniReader(model, adapter, threads);
        var book = reader.Read(books, length);
        Facts(output, reader, book, "facts in sentences", s_names);
        Facts(output, reader, book, "with names that no training has", s_otherNames);
    }

    private static void Facts(TextWriter output, InfiniReader reader, int[] book, string title, string[] names)
    {
        var (told, wrong) = (0, new List<string>());
        var before = new InfiniPrefix(reader, book);
        for (var i = 0; i < names.Length; i++)
        {
            var (wording, question) = s_sentences[i % s_sentences.Length];
            var fact = reader.Tokenizer.Encode(string.Format(null, wording, names[i]));
            var place = (int)((i + 0.5) / names.Length * (book.Length - fact.Length));
            int[] text = [.. book[..place], .. fact, .. book[place..(book.Length - fact.Length)]];
            var (memory, start) = before.At(place);
            reader.Remember(memory, text.AsSpan(start));
            var answer = reader.Answer(memory, question, AnswerTokens);
            told += answer.TrimEnd('.') == names[i] ? 1 : 0;
            if (answer.TrimEnd('.') != names[i])
            {
                wrong.Add($"'{answer}' instead of {names[i]}");
            }
        }

        output.WriteLine($"{title}: {told} of {names.Length}; {string.Join(", ", wrong)}");
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

    /// <summary>The book with sentences spread over it, the first of them at a place from 0, the start, to 1.</summary>
    private static McpLongContext.LongAttention.InfiniAttention.CompressiveMemory Remember(
        InfiniReader reader,
        int[] book,
        IReadOnlyList<string> sentences,
        double from
    )
    {
        var text = new List<int>(book);
        for (var i = sentences.Count - 1; i >= 0; i--)
        {
            text.InsertRange(
                1 + (int)((from + ((double)i / sentences.Count)) * (book.Length - 1)),
                reader.Tokenizer.Encode(sentences[i])
            );
        }

        var memory = reader.Adapter.CreateMemory(reader.Config);
        reader.Remember(memory, [.. text]);
        return memory;
    }
}
