using System.Text;

namespace McpLongContext.Storage.Sqlite;

/// <summary>Encodes one text after the other, as statements take them, without an allocation for each.</summary>
internal sealed class Utf8Buffer
{
    private byte[] _bytes = new byte[256];

    /// <summary>The UTF-8 of a text; valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(string text)
    {
        var bound = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_bytes.Length < bound)
        {
            _bytes = new byte[bound];
        }

        return _bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, _bytes));
    }
}
