namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>How a tensor of a new model begins: normally distributed.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation; 0: all elements are the mean.</param>
/// <param name="Alike">Tensors that share it begin with the same numbers, scaled; null: with others than all.</param>
/// <param name="IsTransposed">Whether rows and columns change places beside the others alike.</param>
/// <param name="Means">The mean of each element, in place of the mean; null: one for all.</param>
internal readonly record struct WeightStart(
    double Mean,
    double Deviation,
    string? Alike = null,
    bool IsTransposed = false,
    IReadOnlyList<float>? Means = null
)
{
    /// <summary>The factors of a norm.</summary>
    public static WeightStart One { get; } = new(1, 0);

    /// <summary>Biases.</summary>
    public static WeightStart Zero { get; } = new(0, 0);
}
