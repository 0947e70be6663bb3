namespace McpLongContext.Training.Loop;

/// <summary>Seeds of the random choices of a training.</summary>
internal static class Seeds
{
    /// <summary>Mixes seed and number: the system's generator gives similar numbers for successive seeds.</summary>
    /// <param name="seed">The seed of the training.</param>
    /// <param name="number">The number of what is drawn, such as that of the step.</param>
    public static int Of(int seed, long number)
    {
        var mixed = (((ulong)(uint)seed << 32) ^ (ulong)number) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
        return (int)(mixed >> 33);
    }
}
