using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// Plain attention that hands on what each layer gives it, up to a layer that attends to nothing any more.
/// </summary>
/// <param name="inner">Attends in the layers before the last one.</param>
/// <param name="lastLayer">The layer where the sequence ends.</param>
/// <param name="take">Takes a block; its buffers are used again afterwards.</param>
internal sealed class CapturingAttention(CausalAttention inner, int lastLayer, Action<AttentionBlock> take) : IAttention
{
    /// <inheritdoc/>
    public int MaxTokens => inner.MaxTokens;

    /// <inheritdoc/>
    public void Attend(AttentionBlock block, ComputeThreadPool threadPool)
    {
        take(block);
        if (block.Layer < lastLayer)
        {
            inner.Attend(block, threadPool);
        }
    }

    /// <inheritdoc/>
    public void Truncate(int position) => inner.Truncate(position);
}
