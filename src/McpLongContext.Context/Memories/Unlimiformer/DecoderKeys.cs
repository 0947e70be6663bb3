using McpLongContext.Context.Contracts;
using McpLongContext.Context.Decoders;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Layers;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>
/// The parts of a decoder that retrieval attention needs: the heads that select, the frame that texts and queries are
/// read in, and a worker that encodes both. For whoever has leased the decoder.
/// </summary>
internal sealed class DecoderKeys : IDisposable
{
    private readonly Lazy<KeyEncoder> _encoder;
    private readonly (KeyDepth Depth, int? LayerBegin) _settings;
    private readonly Lazy<ComputeThreadPool> _threadPool = new(() => new ComputeThreadPool(Environment.ProcessorCount));

    private DecoderKeys(LoadedDecoder decoder, RetrievalHeads heads, UnlimiformerOptions options)
    {
        var model = decoder.Model;
        if (options.LayerBegin >= model.Config.LayerCount)
        {
            throw new ContextException(
                $"Unlimiformer:layer_begin: {options.LayerBegin} found, but {decoder.Name} has {model.Config.LayerCount} "
                    + $"layers; set it to {model.Config.LayerCount - 1} or less, or to nothing."
            );
        }

        _settings = (options.Depth, options.LayerBegin);
        Frame = decoder.Frame;
        Layout = KeyLayout.Of(model.Config, heads, options.Depth, options.LayerBegin);
        var name = new KeyName(
            decoder.Identity.ToString(),
            KeyEncoder.Version,
            heads.Layer,
            heads.KeyValueHead,
            options.Depth == KeyDepth.Full ? Layout.LayerBegin : null
        );
        Profile = EmbeddingProfile.OfKeys(name.ToString(), model.Config.HeadDim);
        _encoder = new Lazy<KeyEncoder>(() => new KeyEncoder(model, Layout, [.. Frame.Before]));
    }

    /// <summary>The tokens before every text and after every query.</summary>
    public ChatFrame Frame { get; }

    /// <summary>The key vectors that are stored for a token.</summary>
    public KeyLayout Layout { get; }

    /// <summary>Names the keys in datastores: those of equal profiles are comparable.</summary>
    public EmbeddingProfile Profile { get; }

    /// <summary>Encodes texts and queries; created when it is first used.</summary>
    public KeyEncoder Encoder => _encoder.Value;

    /// <summary>Scans keys.</summary>
    public ComputeThreadPool ThreadPool => _threadPool.Value;

    /// <summary>
    /// The keys of a decoder; <see langword="null"/> while nobody has looked for its retrieval heads.
    /// </summary>
    /// <param name="decoder">The decoder, leased.</param>
    /// <param name="options">How much is kept of a token, and from which layer on token memory is read.</param>
    public static DecoderKeys? Find(LoadedDecoder decoder, UnlimiformerOptions options)
    {
        if (decoder.Attached<DecoderKeys>() is { } keys)
        {
            if (keys._settings == (options.Depth, options.LayerBegin))
            {
                return keys;
            }

            decoder.Detach<DecoderKeys>();
        }

        return RetrievalHeadsFile.Read(decoder.Installed, decoder.Model.Config) is { } heads
            ? decoder.Attach(new DecoderKeys(decoder, heads, options))
            : null;
    }

    /// <summary>The keys of a decoder; its heads are looked for when nobody has yet, and kept with the model.</summary>
    /// <param name="decoder">The decoder, leased.</param>
    /// <param name="options">How much is kept of a token, and from which layer on token memory is read.</param>
    /// <param name="cancellation">Ends the search for heads, which takes as long as a few thousand tokens.</param>
    /// <exception cref="ContextException">The options do not fit the decoder.</exception>
    public static DecoderKeys Ensure(
        LoadedDecoder decoder,
        UnlimiformerOptions options,
        CancellationToken cancellation
    ) =>
        Find(decoder, options)
        ?? decoder.Attach(
            new DecoderKeys(
                decoder,
                RetrievalHeadsFile.ReadOrCalibrate(
                    decoder.Installed,
                    decoder.Model,
                    decoder.Tokenizer,
                    [.. decoder.Frame.Before],
                    cancellation: cancellation
                ),
                options
            )
        );

    public void Dispose()
    {
        if (_encoder.IsValueCreated)
        {
            _encoder.Value.Dispose();
        }

        if (_threadPool.IsValueCreated)
        {
            _threadPool.Value.Dispose();
        }
    }
}
