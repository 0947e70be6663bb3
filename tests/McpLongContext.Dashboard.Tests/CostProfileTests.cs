using McpLongContext.Dashboard.Scanning;

namespace McpLongContext.Dashboard.Tests;

public sealed class CostProfileTests
{
    [Fact]
    public void A_short_file_has_a_column_a_byte()
    {
        var profile = new CostProfile();
        foreach (var cost in (double[])[1, 5, 3])
        {
            profile.Add(cost);
        }

        var columns = profile.Columns();

        Assert.Equal((3, 1), (columns.Bytes, columns.BytesOfColumn));
        Assert.Equal([1, 5, 3], columns.Means);
        Assert.Equal([1, 5, 3], columns.Highest);
    }

    [Theory]
    [InlineData(1025, 2)]
    [InlineData(10_001, 16)]
    [InlineData(1_000_000, 1024)]
    public void Of_any_file_columns_are_few_and_hold_the_mean_and_the_highest_of_their_bytes(int bytes, int together)
    {
        var costs = Enumerable.Range(0, bytes).Select(i => (i * 7919 % 1000) / 100.0).ToArray();
        var profile = new CostProfile();
        Array.ForEach(costs, profile.Add);

        var columns = profile.Columns();

        Assert.Equal((bytes, together), (columns.Bytes, columns.BytesOfColumn));
        Assert.InRange(columns.Means.Count, 512, 1024);
        var expected = costs.Chunk(together).ToArray();
        Assert.Equal(expected.Length, columns.Means.Count);
        Assert.All(
            expected.Zip(columns.Means, columns.Highest),
            one =>
            {
                Assert.Equal(one.First.Average(), one.Second, 9);
                Assert.Equal(one.First.Max(), one.Third);
            }
        );
    }

    [Fact]
    public void The_area_reaches_from_edge_to_edge_and_marks_stay_in_it()
    {
        var profile = new CostProfile();
        foreach (var cost in (double[])[0, 16, 8, 4])
        {
            profile.Add(cost);
        }

        var model = new CostStripModel(profile.Columns(), []);

        Assert.Equal("M0 140V140H250V0H500V70H750V105H1000V140Z", model.Area(model.Columns.Means));
        Assert.Equal((996, 4), model.MarkOf(new(Offset: 4, Length: 0, BitsPerByte: 9, Hex: "")));
    }
}
