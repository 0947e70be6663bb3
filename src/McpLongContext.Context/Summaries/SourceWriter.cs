using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Context.Summaries;

/// <summary>
/// Writes an encoder's output into a datastore, about the mean that the datastore keeps with it: that of what is written
/// first.
/// </summary>
/// <param name="datastore">The datastore.</param>
/// <param name="stored">The profile that the datastore has under the key already.</param>
/// <param name="key">Names the encoder's output.</param>
/// <param name="width">The width of it.</param>
internal sealed class SourceWriter(Datastore datastore, EmbeddingProfile? stored, string key, int width)
{
    private KeyWriter? _writer = stored is null ? null : datastore.WriteKeys(stored);

    /// <summary>Tokens since the last publication.</summary>
    public int Tokens => _writer?.Tokens ?? 0;

    /// <summary>Adds the encoder's output for consecutive passages.</summary>
    /// <param name="content">The content.</param>
    /// <param name="firstOrdinal">The first passage.</param>
    /// <param name="counts">Tokens of each passage.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="output">[tokens, width]; overwritten.</param>
    public void Add(
        ContentKey content,
        int firstOrdinal,
        ReadOnlySpan<int> counts,
        ReadOnlySpan<int> ids,
        Span<float> output
    )
    {
        _writer ??= datastore.WriteKeys(EmbeddingProfile.OfKeys(key, SourceMean.Of(output, width).Values));
        new SourceMean(_writer.Encoder.Mean).Subtract(output);
        var keys = new KeyBuffer(_writer.Shape);
        keys.Append(0, output);
        _writer.Add(content, firstOrdinal, counts, ids, keys);
    }

    /// <summary>Publishes what was added.</summary>
    /// <exception cref="DatastoreException">Nothing was stored.</exception>
    public void Publish() => _writer?.Publish();
}
