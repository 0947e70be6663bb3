using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Tasks;

public sealed class NamedThingsTaskTests
{
    private static readonly string s_document = string.Concat(
        Enumerable.Range(0, 25).Select(i => $"some quorum{(char)('a' + i)} more ")
    );

    [Fact]
    public void Every_name_stands_in_a_sentence_and_every_question_names_its_own_thing()
    {
        foreach (var sample in Samples(new NamedThingsTask(new Subjects([]))))
        {
            Assert.InRange(sample.Facts.Count, 1, 3);
            Assert.Equal(sample.Facts.Count, sample.Questions.Select(one => one.Question).Distinct().Count());
            Assert.All(
                sample.Questions,
                one => Assert.Single(sample.Facts, fact => fact.Contains(one.Answer.TrimStart()))
            );
            Assert.All(sample.Facts, fact => Assert.True(char.IsUpper(fact[0]) && fact.EndsWith('.')));
        }
    }

    [Fact]
    public void Held_out_wordings_are_not_trained()
    {
        var task = new NamedThingsTask(new Subjects([]));

        var (trained, heldOut) = (Samples(task), Samples(task.HeldOut));

        Assert.Contains(heldOut, sample => sample.Facts.Any(fact => fact.Contains("is called")));
        Assert.DoesNotContain(trained, sample => sample.Facts.Any(fact => fact.Contains("is called")));
    }

    [Fact]
    public void Things_are_also_named_with_words_of_documents()
    {
        var things = new Subjects([s_document]).Things(new Random(1), 50);

        Assert.Equal(50, things.Distinct().Count());
        Assert.InRange(things.Count(thing => thing.Contains("quorum", StringComparison.Ordinal)), 5, 30);
        Assert.DoesNotContain(
            new Subjects(["too few words are here"]).Things(new Random(1), 50),
            thing => thing.Contains("words")
        );
    }

    private static IReadOnlyList<TaskSample> Samples(ITrainingTask task) =>
        [.. Enumerable.Range(0, 200).Select(seed => task.Draw(new Random(seed)))];
}
