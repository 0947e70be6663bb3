using McpLongContext.Inference.Bert;

namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>
/// Mean and standard deviation of each dimension of an encoder's unit-length token states, which the quantiser of the
/// datastore centres and scales by. They are a property of the model: measured on a small text of prose, dialogue and
/// code that comes with the program, they served other languages and kinds of text as well as their own.
/// </summary>
/// <param name="Mean">The mean of each dimension, <c>[hidden]</c>.</param>
/// <param name="Deviation">The standard deviation of each dimension, <c>[hidden]</c>.</param>
public sealed record StateStatistics(float[] Mean, float[] Deviation)
{
    /// <summary>Measures an encoder.</summary>
    public static StateStatistics Measure(BertEncoder encoder)
    {
        var paragraphs = CalibrationText().Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var encoded = new PassageEncoder(encoder).Encode(
            paragraphs,
            firstOrdinal: 0,
            header: "",
            ChunkSettings.Default,
            CancellationToken.None
        );
        var hidden = encoder.Config.HiddenSize;
        var tokens = encoded.States.Length / hidden;
        var (mean, deviation) = (new float[hidden], new float[hidden]);
        for (var dimension = 0; dimension < hidden; dimension++)
        {
            var (sum, squares) = (0.0, 0.0);
            for (var token = 0; token < tokens; token++)
            {
                double value = encoded.States[(token * hidden) + dimension];
                sum += value;
                squares += value * value;
            }

            mean[dimension] = (float)(sum / tokens);
            deviation[dimension] = (float)
                Math.Sqrt(Math.Max(1e-12, (squares / tokens) - (sum / tokens * sum / tokens)));
        }

        return new StateStatistics(mean, deviation);
    }

    private static string CalibrationText()
    {
        using var stream =
            typeof(StateStatistics).Assembly.GetManifestResourceStream("Calibration.txt")
            ?? throw new InvalidOperationException("The calibration text is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
