using System.Text.Json;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Evaluation;

/// <summary>A question of a set.</summary>
/// <param name="Id">The id, as it stands in the file.</param>
/// <param name="Document">The document that it is about; <see langword="null"/> for the whole corpus.</param>
/// <param name="Text">The question.</param>
internal sealed record Question(JsonElement Id, string? Document, string Text);

/// <summary>
/// The questions of a set and the corpus that they are about. Of a question's line only id, doc and question are read:
/// what else stands there, gold evidence and answers, stays unseen.
/// </summary>
/// <param name="Questions">The questions, in the order of the file.</param>
/// <param name="Root">The folder that the documents are named relative to.</param>
/// <param name="Paths">The files to ingest.</param>
internal sealed record QuestionSet(IReadOnlyList<Question> Questions, string Root, IReadOnlyList<string> Paths)
{
    private const string WholeCorpus = "*";

    /// <summary>Reads a set.</summary>
    /// <param name="questions">The questions, one JSON object a line.</param>
    /// <param name="docs">The folder of the corpus.</param>
    /// <param name="predictions">The file that is going to be written; no part of the corpus.</param>
    /// <exception cref="ContextException">A file is missing or malformed.</exception>
    public static QuestionSet Read(string questions, string docs, string predictions)
    {
        questions = Path.GetFullPath(questions);
        docs = Path.TrimEndingDirectorySeparator(Path.GetFullPath(docs));
        if (!File.Exists(questions))
        {
            throw new ContextException($"QUESTIONS: {questions} does not exist; give a file of JSON lines.");
        }

        if (!Directory.Exists(docs))
        {
            throw new ContextException($"--docs: {docs} is not a directory; give the folder of the corpus.");
        }

        var list = File.ReadLines(questions).Index().Where(line => line.Item.Length > 0).Select(Parse).ToArray();
        var notCorpus = Directory
            .EnumerateFiles(Path.GetDirectoryName(questions)!, "*" + Path.GetExtension(questions))
            .Append(Path.GetFullPath(predictions))
            .ToHashSet(StringComparer.Ordinal);
        return new QuestionSet(list, FindRoot(questions, docs, list), [.. Without(docs, notCorpus)]);
    }

    /// <summary>So many of the questions, evenly spread; all where there are no more.</summary>
    public QuestionSet Sample(int count) =>
        count >= Questions.Count
            ? this
            : this with
            {
                Questions =
                [
                    .. Enumerable.Range(0, count).Select(i => Questions[(int)((long)Questions.Count * i / count)]),
                ],
            };

    private static Question Parse((int Index, string Line) line)
    {
        try
        {
            using var json = JsonDocument.Parse(line.Line);
            var document = json.RootElement.GetProperty("doc").GetString()!;
            return new Question(
                json.RootElement.GetProperty("id").Clone(),
                document == WholeCorpus ? null : document,
                json.RootElement.GetProperty("question").GetString()!
            );
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ContextException(
                $"QUESTIONS: line {line.Index + 1} is not an object with id, doc and question: {error.Message}",
                error
            );
        }
    }

    // Documents are named relative to the folder of the questions where the corpus lies in it; otherwise relative to
    // the corpus, or to the folder around it where only that fits the names in the questions.
    private static string FindRoot(string questions, string docs, Question[] list)
    {
        var beside = Path.GetDirectoryName(questions)!;
        if (IsBeneath(docs, beside))
        {
            return beside;
        }

        var around = Path.GetDirectoryName(docs);
        var named = list.Select(question => question.Document)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return around is not null && !named.Any(name => Exists(docs, name)) && named.Any(name => Exists(around, name))
            ? around
            : docs;
    }

    // The questions may lie inside the corpus's folder; then its other entries are ingested one by one.
    private static IEnumerable<string> Without(string folder, IReadOnlySet<string> excluded) =>
        !excluded.Any(file => IsBeneath(file, folder))
            ? [folder]
            : Directory
                .EnumerateFileSystemEntries(folder)
                .Where(entry => !excluded.Contains(entry))
                .Order(StringComparer.Ordinal)
                .SelectMany(entry => Directory.Exists(entry) ? Without(entry, excluded) : [entry]);

    private static bool Exists(string folder, string name) => File.Exists(Path.Combine(folder, name));

    private static bool IsBeneath(string path, string folder) =>
        path == folder
        || path.StartsWith(
            Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar,
            StringComparison.Ordinal
        );
}
