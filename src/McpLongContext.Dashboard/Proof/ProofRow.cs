namespace McpLongContext.Dashboard.Proof;

/// <summary>The measures of a way to search.</summary>
/// <param name="Name">The way.</param>
/// <param name="Results">
/// For each question the rank of its document among the distinct documents, from 1 (0: not found), and the tokens that
/// are read until it is found, or all where it is not.
/// </param>
public sealed record ProofRow(string Name, IReadOnlyList<(int Rank, int Tokens)> Results)
{
    /// <summary>Mean reciprocal rank: 1/rank of the document, 0 where it was not found.</summary>
    public double MeanReciprocalRank => Mean(one => one.Rank == 0 ? 0 : 1.0 / one.Rank);

    /// <summary>The mean of the tokens that are read.</summary>
    public double Tokens => Mean(one => one.Tokens);

    /// <summary>The share of the questions whose document is among the first ones.</summary>
    /// <param name="most">How many are looked at.</param>
    public double RecallAt(int most) => Mean(one => one.Rank > 0 && one.Rank <= most ? 1 : 0);

    private double Mean(Func<(int Rank, int Tokens), double> measure) =>
        Results.Count == 0 ? 0 : Results.Average(measure);
}
