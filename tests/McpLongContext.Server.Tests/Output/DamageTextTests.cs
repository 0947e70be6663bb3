using McpLongContext.Context.Contracts;
using McpLongContext.Server.Output;
using McpLongContext.Storage.Maintenance;

namespace McpLongContext.Server.Tests.Output;

public sealed class DamageTextTests
{
    [Theory]
    [InlineData(DamageCode.Database, "row 2 missing from index i. Remove the datastore and ingest its sources again.")]
    [InlineData(DamageCode.DocumentEntry, "The document's entry is damaged. Ingest the document again.")]
    [InlineData(DamageCode.Passages, "1 of its 3 passages are damaged or missing. Ingest the document again.")]
    public void A_damage_is_named_with_its_place_and_its_remedy(DamageCode code, string sentence)
    {
        var damage = new DamageReport(code, "a.txt", Repaired: false)
        {
            LostPassages = 1,
            ExpectedPassages = 3,
            Subject = "row 2 missing from index i",
        };

        Assert.Equal($"a.txt: {sentence}", DamageText.Render(damage));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(3, " (a.txt, b.txt, c.txt)")]
    [InlineData(4, " (a.txt, b.txt, c.txt and others)")]
    public void A_segment_counts_its_passages_and_names_three_documents(int documents, string names)
    {
        var damage = new DamageReport(DamageCode.Segment, "x.seg", Repaired: true)
        {
            LostPassages = 8,
            Documents = [.. "abcd".Take(documents).Select(c => $"{c}.txt")],
        };

        Assert.Equal(
            $"x.seg: The embeddings or keys of 8 passages are damaged or missing{names}. "
                + "They are computed again when the documents are encoded next.",
            DamageText.Render(damage)
        );
    }

    [Theory]
    [InlineData(true, true, "sound")]
    [InlineData(false, true, "repaired; ingest again to renew what was dropped")]
    [InlineData(false, false, "damaged; run verify with --repair, then ingest again")]
    public void The_outcome_comes_first(bool isSound, bool isRepaired, string outcome) =>
        Assert.Equal($"books: {outcome}", DamageText.Render(new VerifyReport("books", isSound, [], isRepaired)));

    [Fact]
    public void Every_damage_has_its_words()
    {
        var sentences = Enum.GetValues<DamageCode>()
            .Select(code => DamageText.Render(new DamageReport(code, "x", Repaired: false)));

        Assert.Distinct(sentences);
    }
}
