using System.Text;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The list of merges that GGUF files and <c>tokenizer.json</c> have; the first goes first.</summary>
internal static class MergeList
{
    /// <summary>Reads a list.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The two sides of each merge, as the file writes tokens.</param>
    /// <param name="bytesOf">The bytes of a token that the file writes so; null where it is malformed.</param>
    /// <exception cref="CheckpointException">A merge is malformed, or joins what is no token.</exception>
    public static MergeTable Read(
        string path,
        TokenVocabulary vocabulary,
        IReadOnlyList<(string Left, string Right)> merges,
        Func<string, byte[]?> bytesOf
    )
    {
        var table = new List<Merge>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = (bytesOf(merges[rank].Left), bytesOf(merges[rank].Right));
            if (left is null || right is null)
            {
                throw Wrong("is not written in the alphabet of the tokens");
            }

            byte[] joined = [.. left, .. right];
            var merge = new Merge(vocabulary.Find(left), vocabulary.Find(right), rank, vocabulary.Find(joined));
            if (merge.Left == TokenVocabulary.None || merge.Right == TokenVocabulary.None)
            {
                throw Wrong("joins what is no token");
            }
            // A token that was added by hand may be spelled like a word. It never results from text.
            if (merge.Token != TokenVocabulary.None)
            {
                table.Add(merge);
            }
            else if (vocabulary.FindSpecial(Encoding.UTF8.GetString(joined)) == TokenVocabulary.None)
            {
                throw Wrong("gives what is no token");
            }

            CheckpointException Wrong(string problem) =>
                new(path, $"merge {rank}, '{merges[rank].Left}' and '{merges[rank].Right}': {problem}");
        }

        return new MergeTable(table);
    }

    /// <summary>The two sides of a merge in one string, which a space is between.</summary>
    public static (string Left, string Right) Split(string merge)
    {
        var cut = merge.IndexOf(' ', StringComparison.Ordinal);
        return cut < 0 ? (merge, "") : (merge[..cut], merge[(cut + 1)..]);
    }
}
