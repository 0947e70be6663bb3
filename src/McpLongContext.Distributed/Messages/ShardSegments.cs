namespace McpLongContext.Distributed.Messages;

/// <summary>The segments of a copy with the embeddings of the silo's encoder.</summary>
/// <param name="Encoder">The key of the encoder.</param>
/// <param name="Mean">The mean of each dimension that the codes are about.</param>
/// <param name="Deviation">The standard deviation of each dimension.</param>
/// <param name="Files">The names of the files.</param>
[GenerateSerializer, Immutable]
internal sealed record ShardSegments(string Encoder, float[] Mean, float[] Deviation, string[] Files);
