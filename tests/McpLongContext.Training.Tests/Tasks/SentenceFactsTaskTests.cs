using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Tasks;

public sealed class SentenceFactsTaskTests
{
    [Fact]
    public void A_sentence_is_asked_by_its_beginning_and_answered_by_its_last_word()
    {
        var task = new SentenceFactsTask(["So. The captain of the ship was old Anselm. Short one. And no sentence"]);

        var sample = task.Draw(new Random(1));

        Assert.Equal(["The captain of the ship was old Anselm."], sample.Facts);
        Assert.Equal(("The captain of the ship was old", " Anselm"), Assert.Single(sample.Questions));
    }

    [Fact]
    public void Every_tenth_sentence_is_held_out()
    {
        var text = string.Concat(Enumerable.Range(0, 20).Select(i => $"So. The captain of ship {i} was old Anselm. "));
        var task = new SentenceFactsTask([text + text]);

        var (trained, heldOut) = (FactsOf(task), FactsOf(task.HeldOut));

        Assert.Equal((18, 2), (trained.Count, heldOut.Count));
        Assert.Empty(trained.Intersect(heldOut));

        static HashSet<string> FactsOf(ITrainingTask task) =>
            [.. Enumerable.Range(0, 500).Select(seed => Assert.Single(task.Draw(new Random(seed)).Facts))];
    }
}
