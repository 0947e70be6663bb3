namespace McpLongContext.Documents.Tests;

public sealed class LocationFragmentTests
{
    [Theory]
    [InlineData("page=12", "page=12", "page=12")]
    [InlineData("page=12", "page=14", "page=12-14")]
    [InlineData("Budget!A5:F5", "Budget!A24:F24", "Budget!A5:F24")]
    [InlineData("Budget!A5:F5", "Costs!A1:B1", "Budget!A5:F5-Costs!A1:B1")]
    [InlineData("L10", "L14", "L10-L14")]
    [InlineData("paragraph=4", "table=1", "paragraph=4-table=1")]
    [InlineData("t=00:00:01", "t=00:00:09", "t=00:00:01-00:00:09")]
    public void Ends_are_joined_to_a_range(string first, string last, string expected) =>
        Assert.Equal(expected, LocationFragment.Show(LocationFragment.Join(first, last)));

    [Fact]
    public void Ranges_are_joined_from_the_first_to_the_last() =>
        Assert.Equal(
            "page=1-9",
            LocationFragment.Show(
                LocationFragment.Join(
                    LocationFragment.Join("page=1", "page=2"),
                    LocationFragment.Join("page=8", "page=9")
                )
            )
        );

    [Fact]
    public void Free_text_holds_nothing_that_a_range_or_a_path_of_headings_is_parsed_by() =>
        Assert.Equal("a b - c d e", LocationFragment.Of("a\nb \u2013 c > d # e"));
}
