using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>
/// Cites spans of a token memory by document and lines, which the tokens themselves and their passages tell.
/// </summary>
/// <param name="memory">The token memory.</param>
/// <param name="snapshot">The state of the datastore that it is of.</param>
/// <param name="tokenizer">The tokenizer of the tokens.</param>
/// <param name="paths">Shows paths.</param>
internal sealed class MemoryCitations(
    StoredTokenMemory memory,
    DatastoreSnapshot snapshot,
    Tokenizer tokenizer,
    DocumentPaths paths
)
{
    /// <summary>The lines that a span touches, with its own text.</summary>
    public Evidence Cite(TokenMemorySpan span)
    {
        var tokens = memory.ReadTokens(span);
        var first = memory.OriginOf(span.Text, span.First);
        var last = memory.OriginOf(span.Text, span.First + span.Count - 1);
        var start = LineAt(first, []);
        var end = Math.Max(start, LineAt(last, tokenizer.BytesOf(tokens[^1])));
        var path = paths.Show(first.Document.Path);
        var citation = Citation.Of(first.Document, path, ContextOf(first), ContextOf(last), (start, end));
        return new Evidence
        {
            Citation = citation.Text,
            Location = citation.Location,
            Path = path,
            StartLine = start,
            EndLine = end,
            Score = span.Score,
            Text = tokenizer.Decode([.. tokens]),
        };
    }

    private string ContextOf(TokenOrigin origin) =>
        snapshot.Passages.TryGet(origin.Document.FirstPassage + origin.Passage, out var passage) ? passage.Context : "";

    /// <summary>The line of a token's first byte, or of the last one of <paramref name="token"/>.</summary>
    private int LineAt(TokenOrigin origin, ReadOnlySpan<byte> token)
    {
        if (!snapshot.Passages.TryGet(origin.Document.FirstPassage + origin.Passage, out var passage))
        {
            return 1;
        }

        var bytes = new List<byte>();
        foreach (var before in origin.Before)
        {
            bytes.AddRange(tokenizer.BytesOf(before));
        }

        if (!token.IsEmpty)
        {
            bytes.AddRange(token[..^1]);
        }

        // A passage's first line is its first that is not blank; its text may begin before.
        var lines = LineIndex.Of(passage.Text);
        var blank = Enumerable.Range(0, lines.Count).TakeWhile(lines.IsBlank).Count();
        var breaks = bytes.Count(b => b == '\n');
        return Math.Clamp(passage.StartLine - blank + breaks, passage.StartLine, passage.EndLine);
    }
}
