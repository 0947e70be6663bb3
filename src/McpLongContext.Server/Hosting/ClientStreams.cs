namespace McpLongContext.Server.Hosting;

/// <summary>The two ends of the client: standard input and output of the process, or pipes.</summary>
/// <param name="Input">The stream that the client writes.</param>
/// <param name="Output">The stream that the client reads.</param>
internal sealed record ClientStreams(Stream Input, Stream Output);
