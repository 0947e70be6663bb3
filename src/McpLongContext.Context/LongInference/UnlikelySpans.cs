using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.LongInference;

/// <summary>
/// The runs of tokens whose mean negative log-likelihood is highest; none shares a token with another.
/// </summary>
internal static class UnlikelySpans
{
    /// <summary>How many of a report are kept.</summary>
    public const int OfReport = 10;

    private const int OfWindow = 3;
    private const int Length = 16;

    /// <summary>Those of a window.</summary>
    /// <param name="text">The text.</param>
    /// <param name="first">The token of the first negative log-likelihood.</param>
    /// <param name="nats">The negative log-likelihoods, token by token.</param>
    public static IReadOnlyList<UnlikelySpan> Of(TokenText text, int first, List<double> nats)
    {
        var length = Math.Min(Length, nats.Count);
        var sums = new double[nats.Count + 1];
        for (var i = 0; i < nats.Count; i++)
        {
            sums[i + 1] = sums[i] + nats[i];
        }

        var starts = new List<int>();
        while (length > 0 && starts.Count < OfWindow && Best() is >= 0 and var best)
        {
            starts.Add(best);
        }

        return
        [
            .. starts.Select(start => new UnlikelySpan(
                text.Cite(first + start, length),
                Sum(start) / length / Math.Log(2),
                text.TextOf(first + start, length).Trim()
            )),
        ];

        double Sum(int start) => sums[start + length] - sums[start];

        int Best()
        {
            var best = -1;
            for (var start = 0; start + length <= nats.Count; start++)
            {
                if (
                    (best < 0 || Sum(start) > Sum(best))
                    && starts.TrueForAll(taken => Math.Abs(taken - start) >= length)
                )
                {
                    best = start;
                }
            }

            return best;
        }
    }

    /// <summary>The highest of several windows.</summary>
    public static IReadOnlyList<UnlikelySpan> Highest(IEnumerable<UnlikelySpan> spans) =>
        [.. spans.OrderByDescending(span => span.Bits).Take(OfReport)];
}
