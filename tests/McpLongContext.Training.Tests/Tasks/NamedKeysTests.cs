using McpLongContext.Training.Tasks;

namespace McpLongContext.Training.Tests.Tasks;

public sealed class NamedKeysTests
{
    [Theory]
    [InlineData("needle", 5, new[] { 5 })]
    [InlineData("needle", 8, new[] { 5, 6, 7, 8 })]
    [InlineData("several-keys", 6, new[] { 5, 6 })]
    [InlineData("pass-key", 8, new[] { 5 })]
    public void Numbers_have_from_five_digits_to_as_many_as_the_training_wants(string name, int most, int[] digits)
    {
        var mix = TaskMix.Parse([name], [], mostKeys: 3, mostDigits: most);

        var samples = Enumerable.Range(0, 100).Select(seed => mix.Draw(new Random(seed), level: 5).Sample).ToList();

        var answers = samples.SelectMany(sample => sample.Questions).Select(one => one.Answer.TrimStart()).ToList();
        Assert.All(answers, answer => Assert.True(int.TryParse(answer, out _)));
        Assert.Equal(digits, answers.Select(answer => answer.Length).Distinct().Order());
        Assert.All(
            samples,
            sample =>
                Assert.All(
                    sample.Questions,
                    one => Assert.Contains(sample.Facts, fact => fact.Contains(one.Answer.TrimStart()))
                )
        );
    }
}
