using System.Globalization;
using System.Numerics.Tensors;

namespace McpLongContext.Inference.Checkpoints;

/// <summary>The demand that weights are finite.</summary>
internal static class FiniteValues
{
    /// <summary>Checks elements of a tensor as they are read.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">The tensor.</param>
    /// <param name="values">Successive elements, row-major.</param>
    /// <param name="first">Which element the first one is.</param>
    /// <param name="rowLength">Elements of a row; 0 for a vector.</param>
    /// <exception cref="CheckpointException">One is NaN or infinite, also because its value is beyond fp32.</exception>
    public static void Require(string path, string name, ReadOnlySpan<float> values, long first, long rowLength)
    {
        if (values.IsEmpty || TensorPrimitives.IsFiniteAll(values))
        {
            return;
        }

        var at = 0;
        while (float.IsFinite(values[at]))
        {
            at++;
        }

        var element = first + at;
        var position = rowLength == 0 ? $"{element}" : $"{element / rowLength}, {element % rowLength}";
        throw new CheckpointException(
            path,
            $"tensor '{name}': {values[at].ToString(CultureInfo.InvariantCulture)} found at [{position}], expected "
                + "finite numbers: the weights are damaged. Fetch the file again, or use another model"
        );
    }
}
