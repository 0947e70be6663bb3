namespace McpLongContext.Training.Bits;

/// <summary>How far a training of a bit model is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Seconds">Seconds spent.</param>
/// <param name="Bits">Bits read.</param>
/// <param name="Best">
/// The least loss on what is held out, in bits of information a bit; before the first evaluation the greatest number.
/// </param>
internal sealed record BitTrainingState(int Step, double Seconds, long Bits, double Best = double.MaxValue);
