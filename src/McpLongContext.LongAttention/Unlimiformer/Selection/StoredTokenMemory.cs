using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Keys;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>Where a token of a stored text comes from.</summary>
/// <param name="Document">The document.</param>
/// <param name="Passage">The passage, counted from 0 within the document.</param>
/// <param name="Before">The tokens of the passage that stand before it.</param>
public sealed record TokenOrigin(Document Document, int Passage, IReadOnlyList<int> Before);

/// <summary>
/// Documents of a datastore as a token memory: their keys and tokens are read where they lie in mapped files. A
/// document some of whose passages have no keys is several texts, so that no span joins what is apart. Usable while its
/// snapshot is.
/// </summary>
public sealed class StoredTokenMemory : ITokenMemory
{
    private readonly List<Text> _texts = [];

    /// <summary>Makes a token memory of documents.</summary>
    /// <param name="documents">The documents with their keys.</param>
    public StoredTokenMemory(IEnumerable<KeyedDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        foreach (var (document, blocks) in documents)
        {
            var start = 0;
            for (var i = 1; i <= blocks.Count; i++)
            {
                if (i == blocks.Count || blocks[i].FirstOrdinal != blocks[i - 1].FirstOrdinal + blocks[i - 1].Passages)
                {
                    _texts.Add(new Text(document, [.. blocks.Skip(start).Take(i - start)]));
                    start = i;
                }
            }
        }

        Texts = [.. _texts.Select(text => new TokenMemoryText(text.Document.Path, text.Blocks))];
        Tokens = Texts.Sum(text => (long)text.Tokens);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TokenMemoryText> Texts { get; }

    /// <summary>The tokens of all texts.</summary>
    public long Tokens { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> ReadTokens(TokenMemorySpan span)
    {
        ArgumentNullException.ThrowIfNull(span);
        var tokens = new List<int>(span.Count);
        var start = 0;
        foreach (var block in _texts[span.Text].Blocks)
        {
            var first = Math.Max(0, span.First - start);
            var end = Math.Min(block.Tokens, span.First + span.Count - start);
            if (first < end)
            {
                tokens.AddRange(block.Ids(first, end - first));
            }

            start += block.Tokens;
        }

        return tokens;
    }

    /// <summary>Where a token comes from.</summary>
    /// <param name="text">The text, counted from 0.</param>
    /// <param name="token">The token, counted from the text's start.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public TokenOrigin OriginOf(int text, int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        var left = token;
        foreach (var block in _texts[text].Blocks)
        {
            if (left < block.Tokens)
            {
                var (passage, before) = block.PassageOf(left);
                return new TokenOrigin(_texts[text].Document, passage, block.Ids(left - before, before).ToArray());
            }

            left -= block.Tokens;
        }

        throw new ArgumentOutOfRangeException(nameof(token), token, "The text has fewer tokens.");
    }

    private sealed record Text(Document Document, IReadOnlyList<StoredKeys> Blocks);
}
