using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Distributed.Shards;

/// <summary>The encoder of the silo, for the questions of all shards.</summary>
internal sealed class SharedEncoder(EncoderProvider encoders)
{
    private RetrievalEncoder? _encoder;

    /// <summary>The key of the encoder's embeddings; <see langword="null"/> where it is not installed.</summary>
    public string? Key => encoders.Key;

    /// <summary>The encoder; <see langword="null"/> where none is installed.</summary>
    public async Task<RetrievalEncoder?> FindAsync(CancellationToken cancellation)
    {
        var loaded = await encoders.FindAsync(cancellation);
        var encoder = _encoder;
        if (loaded is not null && encoder?.Model != loaded)
        {
            _encoder = encoder = new RetrievalEncoder(loaded);
        }

        return encoder;
    }
}
