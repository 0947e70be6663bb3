namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>Tests that ask the same two silos.</summary>
[CollectionDefinition(nameof(TwoSilos))]
public sealed class TwoSilosTests : ICollectionFixture<TwoSilos>;
