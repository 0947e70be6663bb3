using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Training.Loop;

/// <summary>Seeds and numbers of the random choices of a training.</summary>
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

    /// <summary>Mixes seed and name.</summary>
    /// <param name="seed">The seed of the training.</param>
    /// <param name="name">The name of what is drawn.</param>
    public static int Of(int seed, string name) =>
        Of(seed, BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(name))));

    /// <summary>A number of the standard normal distribution (Box and Muller, 1958).</summary>
    /// <param name="random">Draws it.</param>
    public static double Normal(Random random)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return radius * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
