using System.Diagnostics;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// A pass key anywhere in a book, asked for after it: how often the adapter's memory gives its five digits and nothing more,
/// by length, beside closed gates and the plain window.
/// </summary>
internal static class InfiniRecallBenchmark
{
    /// <summary>Room for a digit too many.</summary>
    private const int AnswerTokens = 12;

    public static void Run(
        TextWriter output,
        string model,
        string? adapter,
        IReadOnlyList<int> lengths,
        int positions,
        IReadOnlyList<string> books,
        int threads
    )
    {
        using var reader = new InfiniReader(model, adapter, threads);
        using var closed = new InfiniReader(model, "", threads);
        var book = reader.Read(books, lengths.Max());
        output.WriteLine(
            $"{"tokens", 9} {"asked", 6} {reader.Adapter.Rule.ToString().ToLowerInvariant(), 7} {"closed", 7} "
                + $"{"window", 7} {"tokens/s", 9} {"of CPU", 7} {"memory bytes", 13}"
        );
        foreach (var length in lengths)
        {
            var (right, plain, window) = (0, 0, 0);
            var (watch, processor, read) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime, 0L);
            var before = new InfiniPrefix(reader, book);
            for (var i = 0; i < positions; i++)
            {
                var needle = new Needles(SeedOf(length, i)).PassKey();
                var fact = reader.Tokenizer.Encode(needle.Sentence);
                var place = (int)((i + 0.5) / positions * (length - fact.Length));
                int[] text = [.. book[..place], .. fact, .. book[place..(length - fact.Length)]];
                var (memory, start) = before.At(place);
                reader.Remember(memory, text.AsSpan(start));
                read += length - start;
                var answer = reader.Answer(memory, $"{needle.Question} {needle.Begin}", AnswerTokens);
                right += answer == needle.Answer ? 1 : 0;
                output.WriteLine(
                    $"  at {(double)place / length:P0}: {(answer == needle.Answer ? answer : $"'{answer}' instead of {needle.Answer}")}"
                );

                // Behind closed gates nothing of the memory is read: an empty one gives the same.
                var nothing = closed.Answer(
                    closed.Adapter.CreateMemory(closed.Config),
                    $"{needle.Question} {needle.Begin}",
                    AnswerTokens
                );
                plain += nothing == needle.Answer ? 1 : 0;
                var near = reader.AnswerFromWindow(text, $" {needle.Question} {needle.Begin}", AnswerTokens);
                window += near.StartsWith(needle.Answer, StringComparison.Ordinal) ? 1 : 0;
            }

            read += before.Tokens;
            output.WriteLine(
                $"{length, 9} {positions, 6} {right, 7} {plain, 7} {window, 7} {read / watch.Elapsed.TotalSeconds, 9:F0} "
                    + $"{read / (Environment.CpuUsage.TotalTime - processor).TotalSeconds, 7:F0} {before.Bytes, 13}"
            );
        }
    }

    /// <summary>Mixed: the system's generator gives similar numbers for successive seeds.</summary>
    internal static int SeedOf(int length, int index) =>
        (int)((((ulong)(uint)length << 32) + (ulong)index + 1) * 0x9E3779B97F4A7C15 >> 33);
}
