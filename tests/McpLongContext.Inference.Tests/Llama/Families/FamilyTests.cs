using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tests.Llama.Families;

/// <summary>
/// Configurations as they are published, and every family with every setting that it reads in every spelling, against a
/// double-precision forward pass; see tools/golden/llama.
/// </summary>
public sealed class FamilyTests
{
    /// <summary>Of fp32 against double precision; every change that matters is larger.</summary>
    public const double Tolerance = 5e-6;

    public static TheoryData<string> Published() => FamilyGolden.Names(withMutants: true);

    public static TheoryData<string> Variants() => FamilyGolden.Names(withMutants: false);

    [Theory]
    [MemberData(nameof(Published))]
    public void A_published_configuration_gives_the_numbers_of_the_reference_without_a_warning(string name) =>
        Assert.Empty(AssertReference(name));

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_family_reads_every_spelling_as_the_reference_does(string name) => AssertReference(name);

    private static IReadOnlyList<string> AssertReference(string name)
    {
        var config = FamilyGolden.ConfigOf(name);
        using var folder = new FamilyFolder().Configure(config).Write(FamilyShape.Of(config));
        if (FamilyGolden.PerplexityOf(name) is not { } expected)
        {
            Assert.Throws<CheckpointException>(() => folder.Measure(FamilyGolden.Tokens));
            return [];
        }

        var (found, _, warnings) = folder.Measure(FamilyGolden.Tokens);
        Assert.InRange(found / expected, 1 - Tolerance, 1 + Tolerance);
        return warnings;
    }
}
