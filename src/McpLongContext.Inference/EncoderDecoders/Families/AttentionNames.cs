namespace McpLongContext.Inference.EncoderDecoders.Families;

/// <summary>The names of an attention sublayer.</summary>
internal sealed record AttentionNames(string Norm, string Query, string Key, string Value, string Output);
