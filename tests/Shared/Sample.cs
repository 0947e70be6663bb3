using System.Security.Cryptography;

namespace McpLongContext.Tests.Shared;

/// <summary>Content for files that no test reads as what they are named.</summary>
internal static class Sample
{
    /// <summary>Reproducible bytes that do not compress.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
