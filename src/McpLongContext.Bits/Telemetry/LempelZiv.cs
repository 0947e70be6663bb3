namespace McpLongContext.Bits.Telemetry;

/// <summary>
/// C = c log2(n) / n with c the components of the exhaustive history of n bits (Lempel and Ziv, "On the Complexity of
/// Finite Sequences", 1976): about 1 for random bits, near 0 for repetitive ones.
/// </summary>
public static class LempelZiv
{
    /// <summary>The complexity; 0 for less than two bits.</summary>
    /// <param name="bits">Each 0 or 1.</param>
    public static double Complexity(ReadOnlySpan<byte> bits) =>
        bits.Length < 2 ? 0 : Components(bits) * Math.Log2(bits.Length) / bits.Length;

    /// <summary>
    /// The components: each is the shortest continuation that does not occur before its last bit. Linear in the number
    /// of bits, by the suffix automaton (Blumer et al., 1985).
    /// </summary>
    /// <param name="bits">Each 0 or 1.</param>
    public static int Components(ReadOnlySpan<byte> bits)
    {
        var automaton = new SuffixAutomaton(bits);
        var components = 0;
        var state = SuffixAutomaton.Root;
        var isOpen = false;
        for (var i = 0; i < bits.Length; i++)
        {
            state = automaton.Next(state, bits[i]);
            isOpen = automaton.FirstEnd(state) < i;
            if (!isOpen)
            {
                components++;
                state = SuffixAutomaton.Root;
            }
        }

        return isOpen ? components + 1 : components;
    }
}
