using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Storage;
using StoredDocument = McpLongContext.Storage.Catalog.Document;

namespace McpLongContext.Context.Summaries;

/// <summary>
/// Divides the encoded tokens of a document among its passages, as a datastore keeps them, from the first passage on
/// that is missing. The begin of the frame goes with the first passage, the end with the last.
/// </summary>
internal sealed class PassageTokens
{
    private readonly StoredDocument _document;
    private readonly int _width;
    private readonly int[] _ids; // tokens of frame and text
    private readonly int[] _counts; // by passage
    private readonly List<float> _waiting = []; // [tokens, width]
    private int _ordinal;
    private int _token;

    private PassageTokens(StoredDocument document, int width, int[] ids, int[] counts, int ordinal)
    {
        (_document, _width, _ids, _counts, _ordinal) = (document, width, ids, counts, ordinal);
        _token = counts.Take(ordinal).Sum();
    }

    /// <summary>The first token of the text whose passage is missing.</summary>
    public int FirstToken { get; private init; }

    /// <summary>The first passage that the datastore lacked.</summary>
    private int FirstMissing { get; init; }

    /// <summary>Encoded tokens that are not given to the writer yet.</summary>
    public int Tokens => _waiting.Count / _width;

    /// <summary>Whether the first passage that the datastore lacked is encoded whole, with those before it.</summary>
    public bool HasWhole => _token + Tokens >= _counts.Take(FirstMissing + 1).Sum();

    /// <summary>Whether passages are left that were not given to the writer.</summary>
    public bool IsPartial => _ordinal < _counts.Length;

    /// <summary>The part of a document that is missing; <see langword="null"/> where nothing is.</summary>
    /// <param name="datastore">The datastore.</param>
    /// <param name="document">The document.</param>
    /// <param name="key">Names the encoder's output.</param>
    /// <param name="width">The width of it.</param>
    /// <param name="frame">The tokens around the text.</param>
    public static PassageTokens? Missing(
        Datastore datastore,
        SummaryDocument document,
        string key,
        int width,
        SourceFrame frame
    )
    {
        using var snapshot = datastore.Snapshot();
        if (
            !snapshot.Documents.TryFind(document.Stored!.Path, out var found)
            || found.ContentKey != document.Stored.ContentKey
            || snapshot.Missing(key, found) is not [var first, ..]
        )
        {
            return null;
        }

        // Bytes, not lines: a long line is several passages.
        int[] sizes = [.. snapshot.Passages.Of(found).Select(one => Encoding.UTF8.GetByteCount(one.Text))];
        var counts = new int[sizes.Length];
        var (passage, end) = (0, sizes[0]);
        for (var token = 0; token < document.Tokens; token++)
        {
            while (passage + 1 < sizes.Length && end <= document.Text.StartOf(token))
            {
                end += sizes[++passage];
            }

            counts[passage]++;
        }

        counts[0] += frame.Before.Count;
        counts[^1] += frame.After.Count;
        int[] ids = [.. frame.Before, .. document.Text.Tokens, .. frame.After];
        // What is computed again begins with a passage that has text of its own.
        var ordinal = first.First;
        while (ordinal > 0 && TextBefore(ordinal) is var before && (before == 0 || before >= document.Tokens))
        {
            ordinal--;
        }

        return new PassageTokens(found, width, ids, counts, ordinal)
        {
            FirstToken = ordinal == 0 ? 0 : TextBefore(ordinal),
            FirstMissing = first.First,
        };

        int TextBefore(int passages) => counts.Take(passages).Sum() - frame.Before.Count;
    }

    /// <summary>Takes the next encoded tokens.</summary>
    /// <param name="output">[tokens, width].</param>
    public void Append(ReadOnlySpan<float> output) => _waiting.AddRange(output);

    /// <summary>Gives the writer the passages that are encoded whole.</summary>
    public void Flush(SourceWriter writer)
    {
        var (end, tokens) = (_ordinal, 0);
        while (end < _counts.Length && tokens + _counts[end] <= Tokens)
        {
            tokens += _counts[end++];
        }

        if (end == _ordinal)
        {
            return;
        }

        writer.Add(
            _document.ContentKey,
            _ordinal,
            _counts.AsSpan(_ordinal, end - _ordinal),
            _ids.AsSpan(_token, tokens),
            CollectionsMarshal.AsSpan(_waiting)[..(tokens * _width)]
        );
        _waiting.RemoveRange(0, tokens * _width);
        (_ordinal, _token) = (end, _token + tokens);
    }
}
