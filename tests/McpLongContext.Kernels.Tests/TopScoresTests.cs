using McpLongContext.Kernels.Search;

namespace McpLongContext.Kernels.Tests;

public class TopScoresTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(100, 100)]
    [InlineData(5000, 64)]
    [InlineData(5000, 4999)]
    [InlineData(50, 64)]
    public void The_largest_scores_are_collected(int scores, int count)
    {
        var top = new TopScores(count);
        // Ascending ones fill the buffer most often, equal ones have no order.
        foreach (var values in Orders(scores))
        {
            for (var first = 0; first < scores; first += 1001)
            {
                top.Add(values.AsSpan(first, Math.Min(1001, scores - first)), first);
            }

            var places = new int[count];
            var found = top.Take(places);

            Assert.Equal(Math.Min(count, scores), found);
            Assert.Equal(found, places.Take(found).Distinct().Count());
            Assert.Equal(
                values.OrderDescending().Take(found),
                places.Take(found).Select(place => values[place]).OrderDescending()
            );
        }
    }

    private static IEnumerable<float[]> Orders(int count)
    {
        var random = Sample.Uniform(count, count, 5);
        yield return random;
        yield return [.. random.Order()];
        yield return [.. random.OrderDescending()];
        yield return [.. random.Select(value => MathF.Round(value))];
        yield return new float[count];
    }
}
