using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Contracts;

/// <summary>Another window for an installed model.</summary>
/// <param name="Model">The model, as the list of models names it.</param>
/// <param name="NewLength">The window to reach, in tokens; the trained one restores the model as it was
/// trained.</param>
/// <param name="Method">How; <see langword="null"/>: the default of the model's kind.</param>
public sealed record PositionRequest(string Model, int NewLength, PositionMethod? Method);

/// <summary>The outcome of a change of a model's window.</summary>
/// <param name="Model">The model.</param>
/// <param name="Kind">How it tells positions apart.</param>
/// <param name="TrainedLength">The trained window, in tokens.</param>
/// <param name="OldLength">The window before, in tokens.</param>
/// <param name="NewLength">The window from the next request on, in tokens.</param>
/// <param name="Method">How it is reached.</param>
/// <param name="OldMemory">The RAM of a full window before the change.</param>
/// <param name="Memory">The RAM of a full window now.</param>
/// <param name="Parity">The difference for a short text, measured against the model as it was trained.</param>
public sealed record PositionReport(
    string Model,
    PositionKind Kind,
    int TrainedLength,
    int OldLength,
    int NewLength,
    PositionMethod Method,
    FootprintEstimate OldMemory,
    FootprintEstimate Memory,
    PositionParity Parity
);
