using System.Runtime.InteropServices;
using McpLongContext.Inference.Bert;

namespace McpLongContext.LongAttention.Unlimiformer;

/// <summary>
/// Windows that are encoded together: [CLS] prefix window [SEP] of each, concatenated. Nothing is padded, so windows of
/// all lengths go together as they come. Buffers are used again.
/// </summary>
internal sealed class EncodingBatch(BertEncoder encoder)
{
    private readonly BertRun _run = encoder.CreateRun();
    private readonly List<Part> _parts = [];
    private readonly List<int> _tokens = [];
    private readonly List<int> _lengths = [];
    private float[] _states = [];

    /// <summary>Tokens to encode, special ones and prefixes included.</summary>
    public int TokenCount => _tokens.Count;

    /// <summary>Tokens whose states are kept.</summary>
    public int KeptCount { get; private set; }

    public void Clear()
    {
        _parts.Clear();
        _tokens.Clear();
        _lengths.Clear();
        KeptCount = 0;
    }

    public void Add(TokenSequence sequence, EncodingWindow window)
    {
        var begin = _tokens.Count;
        _tokens.Add(encoder.Tokenizer.ClsId);
        _tokens.AddRange(sequence.Prefix.Span);
        var textBegin = _tokens.Count;
        _tokens.AddRange(sequence.Tokens.Span.Slice(window.Start, window.Length));
        _tokens.Add(encoder.Tokenizer.SepId);
        _lengths.Add(_tokens.Count - begin);
        _parts.Add(new Part(sequence, window, FirstState: textBegin + window.KeptStart - window.Start));
        KeptCount += window.KeptLength;
    }

    public void Encode()
    {
        var size = _tokens.Count * encoder.Config.HiddenSize;
        if (_states.Length < size)
            _states = new float[size];
        _run.Encode(CollectionsMarshal.AsSpan(_tokens), CollectionsMarshal.AsSpan(_lengths), _states.AsSpan(0, size));
    }

    public void Deliver(EncodedStretchHandler handler)
    {
        var hidden = encoder.Config.HiddenSize;
        foreach (var (sequence, window, firstState) in _parts)
        {
            var states = _states.AsSpan(firstState * hidden, window.KeptLength * hidden);
            handler(new EncodedStretch(sequence, window.KeptStart, states));
        }
    }

    /// <summary>A window of the batch.</summary>
    /// <param name="Sequence">Where the window belongs.</param>
    /// <param name="Window">The window.</param>
    /// <param name="FirstState">The row of the first state that is kept.</param>
    private readonly record struct Part(TokenSequence Sequence, EncodingWindow Window, int FirstState);
}
