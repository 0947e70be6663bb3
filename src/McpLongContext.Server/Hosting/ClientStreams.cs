namespace McpLongContext.Server.Hosting;

/// <summary>The two ends of the client: standard input and output of the process, or pipes.</summary>
/// <param name="Input">What the client writes.</param>
/// <param name="Output">What the client reads.</param>
internal sealed record ClientStreams(Stream Input, Stream Output);
