using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Decoders;

namespace McpLongContext.LongAttention.Positions;

/// <summary>The window that a model is used with.</summary>
/// <param name="TrainedLength">The trained window, in tokens.</param>
/// <param name="Length">The window in force, in tokens, at least the trained.</param>
/// <param name="Method">How it became longer; <see cref="PositionMethod.Trained"/> where it did not.</param>
public sealed record PositionSettings(int TrainedLength, int Length, PositionMethod Method)
{
    /// <summary>How many times the trained window the one in force is.</summary>
    public double Factor => (double)Length / TrainedLength;

    /// <summary>A model as it was trained.</summary>
    public static PositionSettings Trained(int length) => new(length, length, PositionMethod.Trained);

    /// <summary>The same decoder with this window; the weights are shared.</summary>
    /// <param name="trained">The model as it was trained.</param>
    /// <exception cref="ModelException">The settings are those of another model.</exception>
    public Decoder Apply(Decoder trained)
    {
        Require(trained.Config.ContextLength, Method is PositionMethod.Trained || Fits(trained.Config));
        return Method == PositionMethod.Trained
            ? trained
            : trained.WithPositions(Length, ContextExtension.Scale(trained.Config, Method, Length));
    }

    /// <summary>The same encoder with this window; the weights are shared.</summary>
    /// <param name="trained">The encoder as it was trained.</param>
    /// <exception cref="ModelException">The settings are those of another model.</exception>
    public BertEncoder Apply(BertEncoder trained)
    {
        if (Method == PositionMethod.Trained)
        {
            Require(trained.Config.MaxPositions, fits: true);
            return trained;
        }

        var hidden = trained.Config.HiddenSize;
        var table = trained.ReadTrainedPositions();
        var order = SinusoidalTable.Recognize(table, hidden);
        var kind = order is null ? PositionKind.Learned : PositionKind.Sinusoidal;
        Require(trained.Config.MaxPositions, PositionMethods.Of(kind).Contains(Method));
        return trained.WithPositions(
            Method switch
            {
                PositionMethod.Recompute => SinusoidalTable.Extend(table, hidden, order!.Value, Length),
                PositionMethod.Copy => LearnedTable.Copy(table, hidden, Length),
                _ => LearnedTable.Interpolate(table, hidden, Length),
            }
        );
    }

    /// <summary>The same bit model with this window; the weights are shared.</summary>
    /// <param name="trained">The model as it was trained.</param>
    /// <exception cref="ModelException">The settings are those of another model.</exception>
    public BitTransformer Apply(BitTransformer trained)
    {
        Require(trained.Config.MaxLength, Method is PositionMethod.Trained or PositionMethod.Recompute);
        return trained.ExpandPositionalEncoding(Length);
    }

    private bool Fits(DecoderConfig config) => PositionMethods.Of(config).Contains(Method);

    private void Require(int trainedLength, bool fits)
    {
        if (trainedLength != TrainedLength || !fits)
        {
            throw new ModelException(
                $"The positions are set by {Method.Name()} from {TrainedLength} to {Length} tokens, which does not fit "
                    + $"this model, trained with {trainedLength}. Expand it again, or remove {PositionFile.Name} from its "
                    + "folder to use it as it was trained."
            );
        }
    }
}
