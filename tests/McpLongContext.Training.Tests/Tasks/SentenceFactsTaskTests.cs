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
}
