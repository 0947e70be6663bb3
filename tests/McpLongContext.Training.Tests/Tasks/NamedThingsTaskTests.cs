using System.Text.RegularExpressions;
using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Tasks;

public sealed class NamedThingsTaskTests
{
    private static readonly string s_document = string.Concat(
        Enumerable.Range(0, 25).Select(i => $"some quorum{(char)('a' + i)} more ")
    );

    [Fact]
    public void The_name_stands_in_the_sentence_and_the_question_names_the_thing()
    {
        foreach (var sample in Samples(new NamedThingsTask(new Subjects([]))))
        {
            var (fact, (question, answer)) = (Assert.Single(sample.Facts), Assert.Single(sample.Questions));
            Assert.Contains(answer.TrimStart(), fact, StringComparison.Ordinal);
            Assert.Equal(ThingOf(fact), ThingOf(question), ignoreCase: true);
            Assert.True(char.IsUpper(fact[0]) && fact.EndsWith('.'));
        }
    }

    [Fact]
    public void Held_out_wordings_are_not_trained()
    {
        var task = new NamedThingsTask(new Subjects([]));

        var (trained, heldOut) = (Wordings(Samples(task)), Wordings(Samples(task.HeldOut)));

        Assert.InRange(trained.Count, 50, int.MaxValue);
        Assert.Equal(4, heldOut.Count);
        Assert.Contains("{0} is called {1}.", heldOut);
        Assert.Empty(trained.Intersect(heldOut));
    }

    [Fact]
    public void Names_are_also_made_up_and_words_of_documents()
    {
        var (subjects, random) = (new Subjects([s_document]), new Random(1));
        string[] names = [.. Enumerable.Range(0, 60).Select(_ => subjects.Name(random))];

        Assert.All(names, name => Assert.Matches("^[A-Z][a-z]+$", name));
        Assert.InRange(names.Count(name => name.StartsWith("Quorum", StringComparison.Ordinal)), 5, 25);
        Assert.InRange(names.Count(PersonNames.All.Contains), 10, 40);
    }

    [Fact]
    public void Things_are_also_named_with_words_of_documents()
    {
        var things = Things(new Subjects([s_document]), seed: 1);

        Assert.InRange(things.Count(thing => thing.Contains("quorum", StringComparison.Ordinal)), 5, 30);
        Assert.DoesNotContain(
            Things(new Subjects(["too few words are here"]), seed: 1),
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
        var things = Enumerable.Range(0, 1000).SelectMany(seed => Things(subjects, seed)).ToHashSet();
        return new Regex(
            $"({string.Join('|', things.OrderByDescending(thing => thing.Length))})(?! of )",
            RegexOptions.IgnoreCase
        );
    });

    private static string[] Things(Subjects subjects, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 50).Select(_ => subjects.Thing(random))];
    }

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
