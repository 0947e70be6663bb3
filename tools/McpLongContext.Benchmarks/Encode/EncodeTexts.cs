using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.LateChunking;

namespace McpLongContext.Benchmarks.Encode;

/// <summary>Texts to encode, each for itself.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Documents">Documents of texts; a worker takes one at a time.</param>
internal sealed record EncodeTexts(string Name, List<List<string>> Documents)
{
    private const int Characters = 120_000;
    private const int ChunkCount = 128;
    private const int ChunksPerDocument = 8;

    /// <summary>Chunks without overlap, so that both sides read the same sequences.</summary>
    public static ChunkSettings Whole { get; } = new(256, overlap: 0);

    /// <summary>Passages as a source has them, of many lengths.</summary>
    public static EncodeTexts Passages(string folder)
    {
        var documents = new List<List<string>>();
        var characters = 0;
        foreach (var file in Sources.Files(folder).TakeWhile(_ => characters < Characters))
        {
            documents.Add(Sources.Passages(file));
            characters += documents[^1].Sum(passage => passage.Length);
        }

        return new EncodeTexts("passages of 20 lines", documents);
    }

    /// <summary>Texts of as many tokens as fill a chunk, made of the passages.</summary>
    public static EncodeTexts Chunks(BertEncoder encoder, string folder)
    {
        var passages = Passages(folder).Documents.SelectMany(document => document);
        return new EncodeTexts(
            "whole chunks of 256 tokens",
            [
                .. passages
                    .Take(ChunkCount)
                    .Select(passage => Fill(encoder, passage))
                    .Chunk(ChunksPerDocument)
                    .Select(some => some.ToList()),
            ]
        );
    }

    /// <summary>The inputs of the encoder: a sequence for each text, several for a long one.</summary>
    public List<int[]> Sequences(BertEncoder encoder)
    {
        var sequences = new List<int[]>();
        foreach (var text in Documents.SelectMany(document => document))
        {
            var tokens = encoder.Tokenizer.Tokenize(text);
            foreach (var chunk in ChunkPlan.Of([tokens.Length], Whole.Size - 2, margin: 0))
            {
                var sequence = new List<int>();
                encoder.AppendSequence(tokens.AsSpan(chunk.First, chunk.Count), sequence);
                sequences.Add([.. sequence]);
            }
        }

        return sequences;
    }

    /// <summary>Repeats a text until it fills a chunk, and cuts it there.</summary>
    private static string Fill(BertEncoder encoder, string passage)
    {
        const int Room = 256 - 2;
        var text = passage;
        while (encoder.Tokenizer.Tokenize(text).Length < Room)
        {
            text += "\n" + passage;
        }

        var (low, high) = (0, text.Length);
        while (low + 1 < high)
        {
            var middle = (low + high) / 2;
            var fits = encoder.Tokenizer.Tokenize(text.AsSpan(0, middle)).Length <= Room;
            (low, high) = fits ? (middle, high) : (low, middle);
        }

        return text[..low];
    }
}
