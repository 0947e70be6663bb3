using System.Text.RegularExpressions;
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
                one =>
                {
                    var fact = Assert.Single(sample.Facts, fact => fact.Contains(one.Answer.TrimStart()));
                    Assert.Equal(ThingOf(fact), ThingOf(one.Question), ignoreCase: true);
                }
            );
            Assert.All(sample.Facts, fact => Assert.True(char.IsUpper(fact[0]) && fact.EndsWith('.')));
        }
    }

    [Fact]
    public void Held_out_wordings_are_not_trained()
    {
        var task = new NamedThingsTask(new Subjects([]));

        var (trained, heldOut) = (Wordings(Samples(task)), Wordings(Samples(task.HeldOut)));

        Assert.Equal((20, 4), (trained.Count, heldOut.Count));
        Assert.Contains("{0} is called {1}.", heldOut);
        Assert.Empty(trained.Intersect(heldOut));
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

    /// <summary>
    /// Any thing without words of documents, the longest that fits: drawn often enough to have them all. In "the friend of
    /// the cow", the friend is none.
    /// </summary>
    private static readonly Lazy<Regex> s_thing = new(() =>
    {
        var subjects = new Subjects([]);
        var things = Enumerable
            .Range(0, 1000)
            .SelectMany(seed => subjects.Things(new Random(seed), Subjects.Most))
            .ToHashSet();
        return new Regex(
            $"({string.Join('|', things.OrderByDescending(thing => thing.Length))})(?! of )",
            RegexOptions.IgnoreCase
        );
    });

    private static string ThingOf(string text) => s_thing.Value.Match(text).Value;

    private static HashSet<string> Wordings(IReadOnlyList<TaskSample> samples) =>
        [
            .. samples.SelectMany(sample =>
                sample.Questions.Select(one =>
                {
                    var name = one.Answer.TrimStart();
                    var fact = sample.Facts.Single(fact => fact.Contains(name));
                    return s_thing.Value.Replace(fact, "{0}").Replace(name, "{1}", StringComparison.Ordinal);
                })
            ),
        ];

    private static IReadOnlyList<TaskSample> Samples(ITrainingTask task) =>
        [.. Enumerable.Range(0, 200).Select(seed => task.Draw(new Random(seed)))];
}
