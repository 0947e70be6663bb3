using System.Text.Json;
using McpLongContext.Inference;
using McpLongContext.Inference.Chat;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Storage.Keys;

namespace McpLongContext.Benchmarks.LongAttention;

/// <summary>
/// Ranks the lines of a document by how much a decoder's retrieval heads attend to them for a question, in the format of
/// <c>mcp-long-context eval</c>, so that <c>score</c> compares the two.
/// </summary>
internal static class EvidenceBenchmark
{
    private const int Ranked = 100;

    /// <summary>Writes predictions.</summary>
    /// <param name="output">Told how far it is.</param>
    /// <param name="name">The model.</param>
    /// <param name="questions">JSON lines with id, question and doc, the file that is asked about.</param>
    /// <param name="folder">What doc is relative to.</param>
    /// <param name="predictions">The file to write.</param>
    public static void Run(TextWriter output, string name, string questions, string folder, string predictions)
    {
        var installed =
            new ModelStore().List().FirstOrDefault(model => model.Name == name)
            ?? throw new ModelException($"{name} is not installed.");
        using var model = Decoder.Load(installed.Folder);
        var tokenizer = ModelTokenizer.Load(installed.Folder);
        int[] header = [.. ChatFrame.Of(ChatTemplate.Of(tokenizer)!).Before];
        var heads = RetrievalHeadsFile.ReadOrCalibrate(installed, model, tokenizer, header);
        using var encoder = new KeyEncoder(model, KeyLayout.Of(model.Config, heads, KeyDepth.Selection), header);
        using var threadPool = new ComputeThreadPool(Environment.ProcessorCount);
        using var writer = new StreamWriter(predictions);
        var asked = File.ReadLines(questions).Select(line => JsonSerializer.Deserialize<JsonElement>(line));
        foreach (var group in asked.GroupBy(question => question.GetProperty("doc").GetString()!))
        {
            var document = new LinedDocument(Path.Combine(folder, group.Key), tokenizer, encoder);
            output.WriteLine($"{group.Key}: {document.Texts[0].Tokens} tokens, {group.Count()} questions");
            foreach (var question in group)
            {
                var query = SelectionQuery.Of(
                    encoder,
                    tokenizer,
                    question.GetProperty("question").GetString()!,
                    model.Config.ScoreScale
                ) with
                {
                    // Lines have their own sums.
                    Phrase = 1,
                };
                var hits = TokenSelector.Select(document, query, document.Texts[0].Tokens, threadPool);
                var passages = hits.GroupBy(hit => document.LineOf[hit.Token])
                    .OrderByDescending(line => line.Sum(hit => hit.Score))
                    .Take(Ranked)
                    .Select(line => new
                    {
                        doc = group.Key,
                        start_line = line.Key,
                        end_line = line.Key,
                        words = document.WordsOf(line.Key),
                    });
                writer.WriteLine(JsonSerializer.Serialize(new { id = question.GetProperty("id"), passages }));
            }
        }
    }

    /// <summary>A document whose tokens know their lines, from 1.</summary>
    private sealed class LinedDocument : ITokenMemory
    {
        private readonly string[] _lines;
        private readonly List<int> _tokens = [];
        private readonly List<int> _lineOf = [];

        public LinedDocument(string path, Tokenizer tokenizer, KeyEncoder encoder)
        {
            _lines = File.ReadAllLines(path);
            for (var line = 0; line < _lines.Length; line++)
            {
                _tokens.AddRange(tokenizer.Encode(_lines[line] + "\n"));
                _lineOf.AddRange(Enumerable.Repeat(line + 1, _tokens.Count - _lineOf.Count));
            }

            var keys = new KeyBuffer(encoder.Layout.Shape);
            encoder.Encode([.. _tokens], keys);
            Texts = [new TokenMemoryText(path, [keys])];
        }

        public IReadOnlyList<TokenMemoryText> Texts { get; }

        public List<int> LineOf => _lineOf;

        public int WordsOf(int line) => _lines[line - 1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

        public IReadOnlyList<int> ReadTokens(TokenMemorySpan span) => _tokens.GetRange(span.First, span.Count);
    }
}
