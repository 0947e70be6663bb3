using McpLongContext.Training.Encoders.Pairs;

namespace McpLongContext.Training.Tests.Encoders;

public sealed class PairReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pairs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_is_held_out_shares_no_place_with_what_is_learned_from()
    {
        for (var file = 0; file < 40; file++)
        {
            Write($"section{file}.md", $"# How the gate of tower {file} opens\n\n{Sentences($"gate{file}", 6)}\n");
            Write($"story{file}.txt", Sentences($"ship{file}", 40));
        }

        var source = new PairReader(_folder.FullName, ["headings", "sentences"], seed: 1).Read(
            _folder.FullName,
            TestContext.Current.CancellationToken
        );

        Assert.Empty(source.HeldOut.Select(pair => pair.Place).Intersect(source.Training.Select(pair => pair.Place)));
        Assert.InRange(source.HeldOut.Count, source.Training.Count / 12, source.Training.Count / 5);
        // Kinds are mixed from the first pairs on, of which evaluations take a few.
        Assert.Equal(2, source.Training.Take(32).Select(pair => pair.Kind).Distinct().Count());
    }

    [Fact]
    public void A_source_of_one_place_is_refused_by_name()
    {
        Write("only.py", string.Concat(Enumerable.Range(0, 60).Select(Function)));

        var error = Assert.Throws<TrainingException>(() =>
            new PairReader(_folder.FullName, ["documentation"], seed: 1).Read(
                _folder.FullName,
                TestContext.Current.CancellationToken
            )
        );

        Assert.Contains("all pairs are of one file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one.py", "other.py")]
    [InlineData("other.py", "one.py")]
    public void A_place_with_most_of_the_pairs_is_learned_from(string most, string few)
    {
        // Names decide the order: one of the two comes first in each case.
        var source = _folder.CreateSubdirectory("source").FullName;
        Write(Path.Combine(source, most), string.Concat(Enumerable.Range(0, 60).Select(Function)));
        Write(Path.Combine(source, few), string.Concat(Enumerable.Range(60, 8).Select(Function)));

        var pairs = new PairReader(_folder.FullName, ["documentation"], seed: 1).Read(
            source,
            TestContext.Current.CancellationToken
        );

        Assert.Equal((60, 8), (pairs.Training.Count, pairs.HeldOut.Count));
    }

    [Fact]
    public void A_text_that_is_held_out_in_one_source_is_learned_from_in_none()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var reader = new PairReader(_folder.FullName, ["documentation"], seed: 1);
        PairSource[] sources =
        [
            .. new[] { "one", "copy" }.Select(name =>
            {
                var folder = _folder.CreateSubdirectory(name).FullName;
                for (var file = 0; file < 40; file++)
                {
                    // Other names: other places are held out.
                    Write(Path.Combine(folder, $"{name}{file}.py"), Function(file) + Function(100 + file));
                }

                return reader.Read(folder, cancellation);
            }),
        ];
        var learned = sources.SelectMany(source => source.Training).Select(pair => pair.Passage);
        var heldOut = sources.SelectMany(source => source.HeldOut).Select(pair => pair.Passage).ToHashSet();
        Assert.NotEmpty(learned.Intersect(heldOut));

        var apart = PairSource.Apart(sources);

        Assert.Empty(apart.SelectMany(source => source.Training).Select(pair => pair.Passage).Intersect(heldOut));
        Assert.Equal(sources.Sum(source => source.HeldOut.Count), apart.Sum(source => source.HeldOut.Count));
        Assert.All(apart, source => Assert.InRange(source.Training.Count, 60, 72));
    }

    [Fact]
    public void A_source_of_which_too_little_is_left_is_still_measured()
    {
        PairSource[] sources = [new("one", Pairs(0, 4), Pairs(4, 6)), new("copy", Pairs(4, 7), Pairs(7, 9))];

        var apart = PairSource.Apart(sources);

        Assert.Equal([4, 0], apart.Select(source => source.Training.Count));
        Assert.Equal([2, 2], apart.Select(source => source.HeldOut.Count));
    }

    [Fact]
    public void Sources_that_leave_nothing_to_learn_from_are_named_with_the_remedy()
    {
        PairSource[] sources = [new("one", Pairs(0, 4), Pairs(4, 8)), new("copy", Pairs(4, 9), Pairs(0, 4))];

        var error = Assert.Throws<TrainingException>(() => PairSource.Apart(sources));

        Assert.StartsWith(
            "SOURCE: 0 of 4 pairs of one, 1 of 5 pairs of copy are left to learn from, expected 2 or more of one: ",
            error.Message
        );
        Assert.Contains("leave copies out", error.Message);
    }

    private static TextPair[] Pairs(int first, int end) =>
        [
            .. Enumerable
                .Range(first, end - first)
                .Select(i => new TextPair("documentation", $"question {i}", "", $"passage {i}", $"file {i}")),
        ];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private static string Function(int number) =>
        $"""""
            def turn_wheel_{number}(wheel, number):
                """Turn the wheel of number {number} around once."""
                result = []
                while wheel:
                    result.append(wheel.pop({number}))
                return result


            """"";

    private static string Sentences(string name, int count) =>
        string.Join(
            ' ',
            Enumerable
                .Range(0, count)
                .Select(i => $"The {name} waits for the wind of day {i} near the old harbor of the north.")
        );
}
