using McpLongContext.Inference.Bits;

namespace McpLongContext.Context.Bits;

/// <summary>A bit model, with the window and the chunks that its folder asks for.</summary>
/// <param name="Name">The name that it is installed under.</param>
/// <param name="Key">Names its weights, window and chunks.</param>
/// <param name="Model">The model.</param>
internal sealed record LoadedBitModel(string Name, string Key, BitTransformer Model);
