namespace McpLongContext.Distributed.Placement;

/// <summary>Places a grain on the silo that its key names: the data of a copy lie on that machine.</summary>
[GenerateSerializer, Immutable]
internal sealed class NamedSiloPlacement : PlacementStrategy;
