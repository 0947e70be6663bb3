namespace McpLongContext.Bits.Coding;

/// <summary>Probabilities as whole numbers, so that both directions of coding split intervals alike.</summary>
public static class Probability
{
    /// <summary>The unit is 2^-16.</summary>
    public const int Bits = 16;

    private const int One = 1 << Bits;

    /// <summary>One half.</summary>
    public const int Half = One / 2;

    /// <summary>The probability of a 1 by the logistic function of a difference of logits.</summary>
    /// <param name="difference">The logit of a 1 minus the logit of a 0.</param>
    /// <returns>1 to 2^16 - 1: either bit can always be coded.</returns>
    public static int OfLogits(float difference)
    {
        var share = 1 / (1 + Math.Exp(-(double)difference));
        return Math.Clamp((int)Math.Round(share * One), 1, One - 1);
    }
}
