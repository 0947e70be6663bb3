using System.Numerics;
using System.Runtime.InteropServices;

namespace McpLongContext.Storage.States;

/// <summary>Compares sign codes: the number of differing bits orders like the angle (Charikar, 2002).</summary>
internal static class SignScan
{
    /// <summary>
    /// For each query the smallest Hamming distance to any of the tokens. Codes are <paramref name="bytes"/> long, a
    /// multiple of 8: <c>queries[q, bytes]</c>, <c>tokens[t, bytes]</c>, <c>nearest[q]</c>.
    /// </summary>
    public static void Nearest(ReadOnlySpan<byte> queries, ReadOnlySpan<byte> tokens, int bytes, Span<int> nearest)
    {
        int words = bytes / sizeof(ulong);
        ReadOnlySpan<ulong> tokenWords = MemoryMarshal.Cast<byte, ulong>(tokens);
        ReadOnlySpan<ulong> queryWords = MemoryMarshal.Cast<byte, ulong>(queries);
        for (int q = 0; q < nearest.Length; q++)
        {
            ReadOnlySpan<ulong> query = queryWords.Slice(q * words, words);
            int best = int.MaxValue;
            for (int t = 0; t < tokenWords.Length; t += words)
            {
                ReadOnlySpan<ulong> token = tokenWords.Slice(t, words);
                int distance = 0;
                for (int i = 0; i < query.Length; i++)
                {
                    distance += BitOperations.PopCount(query[i] ^ token[i]);
                }

                best = Math.Min(best, distance);
            }

            nearest[q] = best;
        }
    }
}
