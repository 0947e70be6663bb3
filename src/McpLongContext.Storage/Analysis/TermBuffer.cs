using System.Runtime.CompilerServices;
using System.Text;
using McpLongContext.Storage.Analysis.Reading;

namespace McpLongContext.Storage.Analysis;

/// <summary>Collects terms as UTF-8 with a space between them, the form in which FTS5 takes them.</summary>
/// <param name="keepsDiacritics">Whether a word with diacritics is added as it is written, too.</param>
internal sealed class TermBuffer(bool keepsDiacritics = false)
{
    private byte[] _bytes = new byte[4096];
    private int _length;

    /// <summary>Whether a word with diacritics is added as it is written, too.</summary>
    public bool KeepsDiacritics => keepsDiacritics;

    /// <summary>Reads the texts whose terms are added.</summary>
    public PlainText Plain { get; } = new(forTerms: true);

    /// <summary>The terms added since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Utf8 => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<char> term)
    {
        var needed = _length + (term.Length * 3) + 1;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        if (_length > 0)
        {
            _bytes[_length++] = (byte)' ';
        }

        // Terms are short, and nearly all of them are ASCII.
        var bytes = _bytes.AsSpan(_length, needed - _length);
        for (var i = 0; i < term.Length; i++)
        {
            if (term[i] > Characters.LastAscii)
            {
                _length += Encoding.UTF8.GetBytes(term, bytes);
                return;
            }

            bytes[i] = (byte)term[i];
        }

        _length += term.Length;
    }
}
