namespace McpLongContext.Kernels.Devices;

/// <summary>How the numbers of a <see cref="KeyPlane"/> are written.</summary>
public enum KeyFormat
{
    /// <summary>Eight bits, signed, and a scale a token.</summary>
    EightBit,

    /// <summary>IEEE binary16, no scales.</summary>
    Half,
}
