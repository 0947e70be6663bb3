using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace McpLongContext.Inference.Tokenizers;

/// <summary>
/// The tokens of a model: the bytes of each, and the way back from bytes to the token. A table of its own, because the
/// keys are spans of the text that is being read. Immutable and thread-safe.
/// </summary>
public sealed class TokenVocabulary
{
    /// <summary>No token.</summary>
    public const int None = -1;

    private readonly byte[] _bytes;

    /// <summary>Where the bytes of each token begin in <see cref="_bytes"/>, <c>[tokens + 1]</c>.</summary>
    private readonly int[] _starts;

    private readonly TokenKind[] _kinds;
    private readonly Dictionary<string, int> _special = new(StringComparer.Ordinal);

    /// <summary>Open addressing with linear probing; at most half full.</summary>
    private readonly int[] _slots;
    private readonly int _shift;

    /// <summary>Other in every process, so that no file can be made whose tokens all fall together.</summary>
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();

    /// <summary>Creates the vocabulary.</summary>
    /// <param name="tokens">The bytes of each token, in the order of their ids; a control token's are its name.</param>
    /// <param name="kinds">The kind of each token.</param>
    /// <exception cref="ArgumentException">There is not one kind for each token.</exception>
    internal TokenVocabulary(IReadOnlyList<ReadOnlyMemory<byte>> tokens, TokenKind[] kinds)
    {
        if (tokens.Count != kinds.Length)
        {
            throw new ArgumentException($"{kinds.Length} kinds for {tokens.Count} tokens.", nameof(kinds));
        }

        _kinds = kinds;
        _starts = new int[tokens.Count + 1];
        for (var id = 0; id < tokens.Count; id++)
        {
            _starts[id + 1] = _starts[id] + tokens[id].Length;
        }

        _bytes = new byte[_starts[^1]];
        var bits = BitOperations.Log2((uint)Math.Max(tokens.Count, 8)) + 2;
        _slots = new int[1 << bits];
        _shift = 64 - bits;
        _slots.AsSpan().Fill(None);
        for (var id = 0; id < tokens.Count; id++)
        {
            tokens[id].Span.CopyTo(_bytes.AsSpan(_starts[id]));
            if (kinds[id] == TokenKind.Normal)
            {
                Add(id);
            }
            else if (kinds[id] is TokenKind.Control or TokenKind.UserDefined)
            {
                _special.TryAdd(Encoding.UTF8.GetString(tokens[id].Span), id);
            }
        }
    }

    /// <summary>Number of tokens; ids run from 0.</summary>
    public int Count => _kinds.Length;

    /// <summary>The role of a token.</summary>
    /// <exception cref="IndexOutOfRangeException">The vocabulary has no such token.</exception>
    public TokenKind KindOf(int id) => _kinds[id];

    /// <summary>
    /// The bytes of a token: of a text in UTF-8, which may begin or end inside a character; of a control token, its
    /// name.
    /// </summary>
    /// <exception cref="IndexOutOfRangeException">The vocabulary has no such token.</exception>
    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    /// <summary>
    /// The control or added token of a name, such as <c>&lt;|im_end|&gt;</c>; <see cref="None"/> where there is none.
    /// </summary>
    public int FindSpecial(string name) => _special.GetValueOrDefault(name, None);

    /// <summary>The texts of the tokens that were added by hand, other than control tokens.</summary>
    internal IEnumerable<string> AddedTexts =>
        _special.Where(one => _kinds[one.Value] == TokenKind.UserDefined).Select(one => one.Key);

    /// <summary>The token of a text; never a control or added one. <see cref="None"/> where there is none.</summary>
    internal int Find(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return None;
        }

        var mask = _slots.Length - 1;
        for (var slot = SlotOf(text); ; slot = (slot + 1) & mask)
        {
            var id = _slots[slot];
            if (id == None || BytesOf(id).SequenceEqual(text))
            {
                return id;
            }
        }
    }

    private void Add(int id)
    {
        var text = BytesOf(id);
        // A text that two tokens have belongs to the first.
        if (text.IsEmpty || Find(text) != None)
        {
            return;
        }

        var slot = SlotOf(text);
        while (_slots[slot] != None)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = id;
    }

    /// <summary>Eight bytes a step, multiplied and rotated; the last step reads what is left, overlapping.</summary>
    private int SlotOf(ReadOnlySpan<byte> text)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = _seed ^ (ulong)text.Length;
        while (text.Length > 8)
        {
            hash = BitOperations.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Multiplier, 29);
            text = text[8..];
        }

        var rest = text.Length switch
        {
            8 => BinaryPrimitives.ReadUInt64LittleEndian(text),
            >= 4 => BinaryPrimitives.ReadUInt32LittleEndian(text)
                | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32),
            _ => text[0] | ((ulong)text[text.Length / 2] << 8) | ((ulong)text[^1] << 16),
        };
        hash = BitOperations.RotateLeft((hash ^ rest) * Multiplier, 29) * Multiplier;
        return (int)(hash >> _shift);
    }
}
