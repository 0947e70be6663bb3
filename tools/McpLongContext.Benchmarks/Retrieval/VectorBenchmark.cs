using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Storage;

namespace McpLongContext.Benchmarks.Retrieval;

/// <summary>
/// The vectors of a set's passages and questions, in fp32 as the encoder gives them, for other databases; beside them our
/// own answers to the questions and the time that those take.
/// </summary>
internal static class VectorBenchmark
{
    private const int Top = 50;

    /// <summary>Writes the vectors of a datastore that <c>mcp-long-context eval --keep</c> made of a set.</summary>
    /// <param name="questions">The set; documents are named relative to its folder.</param>
    /// <param name="home">The home of the datastore.</param>
    /// <param name="name">The datastore.</param>
    /// <param name="folder">Gets passages.jsonl, questions.jsonl and the predictions ours.jsonl.</param>
    /// <param name="output">Where the times go.</param>
    public static void Run(string questions, string home, string name, string folder, TextWriter output)
    {
        using var datastore = new DatastoreHome(home).Open(name);
        var paths = new DocumentPaths(Path.GetDirectoryName(Path.GetFullPath(questions))!);
        var models = new ModelStore();
        var model = models.List().First(installed => installed.Name == models.Catalog.DefaultEncoder.Name);
        using var loaded = new LoadedEncoder(model, Precision.Int8);
        var encoder = new RetrievalEncoder(loaded);
        TokenCounter.Load();
        Directory.CreateDirectory(folder);
        using var snapshot = datastore.Snapshot();
        using (var passages = File.CreateText(Path.Combine(folder, "passages.jsonl")))
        {
            foreach (var (id, vector) in new ExactStates(datastore, loaded).Pooled())
            {
                passages.WriteLine(Line(snapshot, paths, id, vector));
            }
        }

        JsonElement[] asked = [.. RetrievalScore.Asked(questions)];
        Warm(snapshot, asked, encoder, paths);
        List<double> encoding = [];
        List<double> answering = [];
        var processor = TimeSpan.Zero;
        using var vectors = File.CreateText(Path.Combine(folder, "questions.jsonl"));
        using var ours = File.CreateText(Path.Combine(folder, "ours.jsonl"));
        foreach (var line in asked)
        {
            var (id, text) = (line.GetProperty("id").GetString()!, line.GetProperty("question").GetString()!);
            var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var result = Ask(snapshot, text, encoder, paths);
            answering.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            processor += Environment.CpuUsage.TotalTime - before;

            // Another encoder object, which has not this question at hand.
            start = Stopwatch.GetTimestamp();
            var encoded = new DocumentEncoder(loaded.Encoder, new()).EncodeQuery(text);
            encoding.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            vectors.WriteLine(JsonSerializer.Serialize(new { id, vector = encoded.Pooled }));
            ours.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        id,
                        passages = result.Ranked.Select(one => new
                        {
                            doc = one.Path,
                            start_line = one.StartLine,
                            end_line = one.EndLine,
                        }),
                    }
                )
            );
        }

        Print(output, "encode the question", encoding);
        Print(output, "ours, question to evidence", answering);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"", -28} CPU {processor.TotalMilliseconds / asked.Length, 7:F2} ms a question"
            )
        );
    }

    private static void Warm(
        DatastoreSnapshot snapshot,
        JsonElement[] asked,
        RetrievalEncoder encoder,
        DocumentPaths paths
    )
    {
        foreach (var line in asked)
        {
            Ask(snapshot, line.GetProperty("question").GetString()!, encoder, paths);
        }
    }

    private static QueryResult Ask(
        DatastoreSnapshot snapshot,
        string text,
        RetrievalEncoder encoder,
        DocumentPaths paths
    ) =>
        Retriever.Query(
            snapshot,
            new QueryRequest { Question = text, TopK = Top },
            encoder,
            paths,
            TimeProvider.System,
            CancellationToken.None
        );

    private static string Line(DatastoreSnapshot snapshot, DocumentPaths paths, long id, float[] vector)
    {
        var passage = snapshot.Passages.Get(id);
        var document = snapshot.Documents.OfPassage(id);
        return JsonSerializer.Serialize(
            new
            {
                doc = paths.Show(document.Path),
                start_line = passage.StartLine,
                end_line = passage.EndLine,
                vector,
            }
        );
    }

    private static void Print(TextWriter output, string name, List<double> times)
    {
        times.Sort();
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -28} p50 {times[times.Count / 2], 7:F2} ms, p99 {times[times.Count * 99 / 100], 7:F2} ms"
            )
        );
    }
}
