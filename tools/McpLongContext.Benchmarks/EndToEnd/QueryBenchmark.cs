using McpLongContext.Storage;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>Questions to the default datastore of a home, through a server, as a client asks them.</summary>
internal static class QueryBenchmark
{
    private const int QuestionCount = 100;

    public static void Run(TextWriter output, string folder)
    {
        var questions = Report(output, folder);
        using var home = Home.At(folder);
        using var server = ServerSession.Start(home);
        var idle = server.WorkingSet / 1e6;
        var first = server.Query(questions[0]) * 1e3;
        questions.ForEach(question => server.Query(question));
        var before = server.ProcessorTime;
        var times = questions.ConvertAll(question => server.Query(question) * 1e3);
        var processor = (server.ProcessorTime - before).TotalMilliseconds / times.Count;
        times.Sort();
        output.WriteLine(
            $"{"query, milliseconds", -28} {"first", 9} {"p50", 9} {"p99", 9} {"CPU", 9} {"server MB, idle", 16} {"after", 9}"
        );
        output.WriteLine(
            $"{$"{questions.Count} questions, warm", -28} {first, 9:F1} {times[times.Count / 2], 9:F1} "
                + $"{times[times.Count * 99 / 100], 9:F1} {processor, 9:F1} {idle, 16:F0} {server.WorkingSet / 1e6, 9:F0}"
        );
    }

    /// <summary>Says what is asked; returns the questions.</summary>
    private static List<string> Report(TextWriter output, string folder)
    {
        using var datastore = new DatastoreHome(folder).Open("default");
        using var snapshot = datastore.Snapshot();
        var embeddings = snapshot.Statistics().Encoders.Single();
        var covered = snapshot.Embeddings(embeddings.Encoder)!.Passages;
        var tokens = covered * (double)embeddings.Tokens / embeddings.Passages; // equal files share what is stored
        output.WriteLine(
            $"{snapshot.Documents.All.Count} documents, {snapshot.Documents.PassageCount} passages, {covered} of them with states, "
                + $"{tokens / 1e6:F2} million token embeddings to be searched"
        );
        return Questions.About([.. snapshot.Documents.All.Select(document => document.Path)], QuestionCount);
    }
}
