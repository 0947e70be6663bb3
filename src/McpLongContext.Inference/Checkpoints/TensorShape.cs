namespace McpLongContext.Inference.Checkpoints;

/// <summary>Comparison of a tensor's shape with the one that a model demands.</summary>
internal static class TensorShape
{
    public static bool Equals(IReadOnlyList<long> found, ReadOnlySpan<int> expected)
    {
        if (found.Count != expected.Length)
        {
            return false;
        }

        for (var i = 0; i < expected.Length; i++)
        {
            if (found[i] != expected[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The problem of a tensor of another shape.</summary>
    public static string Mismatch(string name, object found, ReadOnlySpan<int> expected) =>
        $"tensor '{name}': {found} found, expected [{string.Join(", ", expected.ToArray())}]";

    /// <summary>The problem of a missing tensor.</summary>
    public static string Missing(string name, int count) => $"tensor '{name}': not found among {count} tensors";
}
