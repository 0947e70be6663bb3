using static TorchSharp.torch;

namespace McpLongContext.Training.Modules.EncoderDecoders;

/// <summary>
/// Random-encoded training (Unlimiformer, arXiv 2305.01625, section 3.3): each layer reads a random subset of the encoded
/// tokens, as many as fit the window.
/// </summary>
/// <param name="count">Tokens of the subset.</param>
/// <param name="random">Chooses them.</param>
internal sealed class RandomTokens(int count, Random random) : ISourceSelection
{
    /// <inheritdoc />
    public Tensor States(Tensor states)
    {
        var tokens = (int)states.shape[0];
        if (tokens <= count)
        {
            return states;
        }

        long[] all = [.. Enumerable.Range(0, tokens)];
        random.Shuffle(all);
        return states.index_select(0, tensor(all[..count]));
    }

    /// <inheritdoc />
    public Tensor Scores(Tensor scores) => scores;
}
