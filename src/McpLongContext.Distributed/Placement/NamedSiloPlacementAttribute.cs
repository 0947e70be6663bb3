using Orleans.Placement;

namespace McpLongContext.Distributed.Placement;

/// <inheritdoc cref="NamedSiloPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NamedSiloPlacementAttribute() : PlacementAttribute(new NamedSiloPlacement());
