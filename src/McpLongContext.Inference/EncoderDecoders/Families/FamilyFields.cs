using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>Reads fields with the demands that all families make.</summary>
internal static class FamilyFields
{
    /// <summary>A dimension.</summary>
    /// <param name="fields">The configuration.</param>
    /// <param name="name">The field.</param>
    /// <param name="missing">The reference's default; null: there is none.</param>
    /// <exception cref="CheckpointException">The field is missing, or out of range.</exception>
    public static int Dimension(this JsonFields fields, string name, int? missing = null) =>
        (fields.Integer(name) ?? missing) is > 0 and <= EncoderDecoderConfig.MaxDimension and var found
            ? found
            : throw fields.Wrong(name, $"1 to {EncoderDecoderConfig.MaxDimension}");

    /// <summary>A token.</summary>
    /// <exception cref="CheckpointException">The vocabulary has no such token.</exception>
    public static int Token(this JsonFields fields, string name, int missing, int vocabulary) =>
        (fields.Integer(name) ?? missing) is >= 0 and var found && found < vocabulary
            ? found
            : throw fields.Wrong(name, $"0 to {vocabulary - 1}, below vocab_size");

    /// <summary>The epsilon of a norm.</summary>
    /// <exception cref="CheckpointException">The field is out of range.</exception>
    public static float Epsilon(this JsonFields fields, string name, double missing) =>
        (fields.Number(name) ?? missing) is > 0 and < 1 and var found
            ? (float)found
            : throw fields.Wrong(name, "a number between 0 and 1");

    /// <summary>Demands a switch that changes the architecture.</summary>
    /// <exception cref="CheckpointException">The field has the other value.</exception>
    public static void Require(this JsonFields fields, string name, bool expected, bool missing)
    {
        if ((fields.Flag(name) ?? missing) != expected)
        {
            throw fields.Wrong(name, expected ? "true" : "false, as in the published models of the family");
        }
    }
}
