using McpLongContext.Inference.Decoders;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>
/// Encodes texts and questions for retrieval attention: windows of a text go through the layers up to the last one
/// whose keys are kept, each after the model's chat header. The header takes the attention that would otherwise gather
/// on a window's first tokens and pollute their keys, so that windows need no overlap. For one worker: it owns a
/// sequence.
/// </summary>
public sealed class KeyEncoder : IDisposable
{
    /// <summary>Raised whenever the keys of a text change, so that stored ones are told apart.</summary>
    public const int Version = 1;

    /// <summary>
    /// Text tokens of a window at most: two blocks of a sequence, and short enough for attention to cost little.
    /// </summary>
    public const int WindowTokens = 1024;

    private readonly DecoderConfig _config;
    private readonly DecoderSession _session;
    private readonly int _header;
    private readonly int _window;
    private KeyBuffer? _keys;
    private List<float>? _queries;

    /// <summary>Creates a worker.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layout">The key vectors that are stored for a token.</param>
    /// <param name="header">The tokens before each window.</param>
    /// <param name="threads">Threads that compute; null: one a processor.</param>
    /// <exception cref="ArgumentException">The header leaves no room in the model's window.</exception>
    public KeyEncoder(Decoder model, KeyLayout layout, ReadOnlySpan<int> header, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(layout);
        if (header.Length >= model.Config.ContextLength)
        {
            throw new ArgumentException(
                $"{header.Length} tokens found, expected less than the window of {model.Config.ContextLength}.",
                nameof(header)
            );
        }

        Layout = layout;
        _config = model.Config;
        _window = Math.Min(WindowTokens, model.Config.ContextLength - header.Length);
        var attention = new CapturingAttention(new CausalAttention(model.Config), layout.LastLayer, Take);
        _session = model.CreateSession(attention, layout.LastLayer, threads);
        _session.Forward(header, []);
        _header = header.Length;
    }

    /// <summary>The key vectors that are stored for a token.</summary>
    public KeyLayout Layout { get; }

    /// <summary>Encodes a text and adds its keys to a buffer.</summary>
    /// <param name="tokens">The text's tokens.</param>
    /// <param name="keys">Receives them; of the layout's shape.</param>
    /// <param name="cancellation">Ends the work between blocks; the buffer then has the tokens done so far.</param>
    public void Encode(ReadOnlySpan<int> tokens, KeyBuffer keys, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys = keys;
        try
        {
            for (; !tokens.IsEmpty; tokens = tokens[Math.Min(_window, tokens.Length)..])
            {
                _session.Truncate(_header);
                _session.Forward(tokens[..Math.Min(_window, tokens.Length)], [], cancellation);
            }
        }
        finally
        {
            _keys = null;
        }
    }

    /// <summary>The queries of a question's tokens in the heads that select.</summary>
    /// <param name="tokens">The question; of a longer one than a window only the end counts.</param>
    /// <returns><c>[tokens, heads, headDim]</c>.</returns>
    public float[] EncodeQueries(ReadOnlySpan<int> tokens)
    {
        _queries = [];
        try
        {
            _session.Truncate(_header);
            _session.Forward(tokens[^Math.Min(_window, tokens.Length)..], []);
            return [.. _queries];
        }
        finally
        {
            _queries = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private void Take(AttentionBlock block)
    {
        if (_queries is not null && block.Layer == Layout.Heads.Layer)
        {
            for (var start = 0; start < block.Queries.Length; start += _config.QuerySize)
            {
                foreach (var head in Layout.Heads.Heads)
                {
                    _queries.AddRange(block.Queries.Span.Slice(start + (head * _config.HeadDim), _config.HeadDim));
                }
            }
        }

        if (_keys is null)
        {
            return;
        }

        if (block.Layer == Layout.Heads.Layer)
        {
            _keys.Append(KeyLayout.SelectionPlane, HeadOf(block.Keys.Span, Layout.Heads.KeyValueHead));
        }

        if (Layout.Holds(block.Layer))
        {
            for (var kvHead = 0; kvHead < Layout.KvHeads; kvHead++)
            {
                _keys.Append(Layout.KeyPlane(block.Layer, kvHead), HeadOf(block.Keys.Span, kvHead));
                _keys.Append(Layout.ValuePlane(block.Layer, kvHead), HeadOf(block.Values.Span, kvHead));
            }
        }
    }

    /// <summary>[tokens, headDim] of [tokens, key/value heads, headDim].</summary>
    private float[] HeadOf(ReadOnlySpan<float> rows, int kvHead)
    {
        var head = new float[rows.Length / Layout.KvHeads];
        for (var token = 0; token * _config.KeyValueSize < rows.Length; token++)
        {
            rows.Slice((token * _config.KeyValueSize) + (kvHead * _config.HeadDim), _config.HeadDim)
                .CopyTo(head.AsSpan(token * _config.HeadDim));
        }

        return head;
    }
}
