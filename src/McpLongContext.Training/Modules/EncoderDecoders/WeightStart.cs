namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>How a tensor of a new model begins: normally distributed.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation; 0: all elements are the mean.</param>
internal readonly record struct WeightStart(double Mean, double Deviation)
{
    /// <summary>The factors of a norm.</summary>
    public static WeightStart One { get; } = new(1, 0);

    /// <summary>Biases.</summary>
    public static WeightStart Zero { get; } = new(0, 0);
}
