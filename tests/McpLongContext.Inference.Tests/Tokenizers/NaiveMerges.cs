using McpLongContext.Inference.Checkpoints.Gguf;

namespace McpLongContext.Inference.Tests.Tokenizers;

/// <summary>The merges of a vocabulary as texts, straight from the file.</summary>
internal static class NaiveMerges
{
    /// <summary>The place of each merge in their order; lower goes first.</summary>
    public static async Task<Dictionary<(string Left, string Right), double>> OfAsync(string name)
    {
        using var file = GgufFile.Open(await TokenizerFiles.VectorAsync($"ggml-vocab-{name}.gguf"));
        var ranks = new Dictionary<(string, string), double>();
        if (file.Metadata.FindStrings("tokenizer.ggml.merges") is { } merges)
        {
            for (var rank = 0; rank < merges.Count; rank++)
            {
                var sides = merges[rank].Replace('\u0120', '_').Split(' ');
                ranks.TryAdd((sides[0].Replace('_', ' '), sides[1].Replace('_', ' ')), rank);
            }

            return ranks;
        }

        var tokens = file.Metadata.GetStrings("tokenizer.ggml.tokens");
        var scores = file.Metadata.FindSingles("tokenizer.ggml.scores")!;
        for (var id = 0; id < tokens.Count; id++)
        {
            var text = tokens[id].Replace('\u2581', ' ');
            for (var cut = 1; cut < text.Length; cut++)
            {
                ranks.TryAdd((text[..cut], text[cut..]), -scores[id]);
            }
        }

        return ranks;
    }

    /// <summary>The pieces of a text by the definition: as long as two neighbors can be joined, the first such pair.</summary>
    public static List<string> Apply(Dictionary<(string Left, string Right), double> merges, string text)
    {
        var pieces = text.Select(c => c.ToString()).ToList();
        while (true)
        {
            var ranks = pieces
                .Zip(pieces.Skip(1), (left, right) => merges.GetValueOrDefault((left, right), double.MaxValue))
                .ToList();
            if (ranks.Count == 0 || ranks.Min() == double.MaxValue)
            {
                return pieces;
            }

            var at = ranks.IndexOf(ranks.Min());
            pieces[at] += pieces[at + 1];
            pieces.RemoveAt(at + 1);
        }
    }
}
