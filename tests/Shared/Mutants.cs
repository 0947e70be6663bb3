using System.Diagnostics;
using System.Globalization;

namespace McpLongContext.Tests.Shared;

/// <summary>
/// Mutants of real files, given to what reads such files: it takes or refuses each with an error that has a name, in
/// bounded time and memory.
/// </summary>
internal static class Mutants
{
    /// <summary>How many a fast reader is given; the scale multiplies it.</summary>
    public const int Count = 250;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Reads mutants.</summary>
    /// <param name="originals">Files that are whole.</param>
    /// <param name="read">Reads one on the calling thread.</param>
    /// <param name="isNamed">Whether an error is one that the reader promises.</param>
    /// <param name="count">How many, before the scale multiplies it.</param>
    /// <param name="maxMegabytes">What may be allocated for one, in MB.</param>
    /// <returns>How many were refused.</returns>
    public static int Read(
        IReadOnlyList<byte[]> originals,
        Action<byte[]> read,
        Func<Exception, bool> isNamed,
        int count = Count,
        int maxMegabytes = 64
    )
    {
        originals.ToList().ForEach(read);
        var refused = 0;
        for (var seed = First; seed < First + Scale.Of(count); seed++)
        {
            var mutant = new Mutator(seed).Mutate(
                originals[seed % originals.Count],
                originals[seed / 7 % originals.Count]
            );
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                read(mutant);
            }
            catch (Exception e) when (isNamed(e))
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Mutant {seed} of {mutant.Length} bytes: {e.Message}", e);
            }

            var megabytes = (GC.GetAllocatedBytesForCurrentThread() - before) >> 20;
            if (watch.Elapsed > s_patience || megabytes > maxMegabytes)
            {
                throw new InvalidOperationException($"Mutant {seed} took {watch.Elapsed} and {megabytes} MB.");
            }
        }

        return refused;
    }

    /// <summary>The first seed: another one continues where an earlier run ended.</summary>
    private static int First { get; } =
        int.Parse(
            Environment.GetEnvironmentVariable("MCP_LONG_CONTEXT_TEST_SEED") ?? "0",
            CultureInfo.InvariantCulture
        );
}
