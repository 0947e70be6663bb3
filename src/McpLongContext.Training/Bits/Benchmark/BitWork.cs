namespace McpLongContext.Training.Bits.Benchmark;

/// <summary>The work of a bit model that is measured.</summary>
internal enum BitWork
{
    /// <summary>Steps of a training, in TorchSharp.</summary>
    Training,

    /// <summary>Windows through the model, in TorchSharp.</summary>
    Torch,

    /// <summary>Windows through the model, in the engine, in fp32.</summary>
    Engine,

    /// <summary>Windows through the model, in the engine, its linear layers quantized to int8.</summary>
    QuantizedEngine,
}
