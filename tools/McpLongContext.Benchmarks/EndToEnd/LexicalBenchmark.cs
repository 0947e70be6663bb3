using System.Diagnostics;
using System.Text.RegularExpressions;
using SQLitePCL;
using static SQLitePCL.raw;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>
/// The index of words beside SQLite FTS5 alone, over the same files and questions in the same run. Ours is the whole
/// program without a model: it scans, hashes, splits and stores, and answers with evidence over its protocol. FTS5 gets
/// passages of twenty lines in one transaction, in this process, and returns the ids of the best ten by BM25.
/// </summary>
internal static partial class LexicalBenchmark
{
    private const int Rounds = 3;
    private const int QuestionCount = 40;

    public static void Run(TextWriter output, string folder)
    {
        Batteries_V2.Init();
        var files = Sources.Files(folder).ToList();
        var megabytes = files.Sum(file => new FileInfo(file).Length) / 1e6;
        var questions = Questions.About(files, QuestionCount);
        output.WriteLine($"{folder}: {files.Count} source files, {megabytes:F2} MB, {questions.Count} questions");
        output.WriteLine($"{Rounds} rounds in turn, medians; SQLite {sqlite3_libversion().utf8_to_string()}");
        var (ours, alone) = (new List<LexicalFigures>(), new List<LexicalFigures>());
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add(Fts5(files, questions));
            ours.Add(Ours(folder, questions));
        }

        output.WriteLine($"{"", -28} {"index s", 9} {"MB/s", 8} {"disk MB", 9} {"query p50 ms", 13} {"p99 ms", 9}");
        Report(output, "ours, words alone", megabytes, ours);
        Report(output, "SQLite FTS5 alone", megabytes, alone);
    }

    private static LexicalFigures Ours(string folder, List<string> questions)
    {
        using var home = Home.WithoutModels();
        var (_, report) = home.Run("ingest", folder, "--wait");
        var (_, summary) = home.Run("datastores", "list");
        using var server = ServerSession.Start(home);
        questions.ForEach(question => server.Query(question));
        return LexicalFigures.Of(
            report.GetProperty("searchable_seconds").GetDouble(),
            summary.EnumerateArray().First().GetProperty("bytes").GetDouble(),
            questions.ConvertAll(server.Query)
        );
    }

    private static LexicalFigures Fts5(List<string> files, List<string> questions)
    {
        var folder = Directory.CreateTempSubdirectory("fts5").FullName;
        try
        {
            var path = Path.Combine(folder, "alone.db");
            var watch = Stopwatch.StartNew();
            Check(sqlite3_open(path, out var database));
            Execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            Execute(database, "CREATE VIRTUAL TABLE passages USING fts5(body)");
            Execute(database, "BEGIN");
            Check(sqlite3_prepare_v2(database, "INSERT INTO passages VALUES (?1)", out var insert));
            foreach (var passage in files.SelectMany(Sources.Passages))
            {
                Check(sqlite3_bind_text(insert, 1, passage));
                Step(insert, SQLITE_DONE);
                Check(sqlite3_reset(insert));
            }

            insert.Dispose();
            Execute(database, "COMMIT");
            var seconds = watch.Elapsed.TotalSeconds;
            Execute(database, "PRAGMA wal_checkpoint(TRUNCATE)");
            questions.ForEach(question => Ask(database, question));
            var times = questions.ConvertAll(question => Ask(database, question));
            database.Dispose();
            return LexicalFigures.Of(seconds, new FileInfo(path).Length, times);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Any word of the question, best first; returns the seconds.</summary>
    private static double Ask(sqlite3 database, string question)
    {
        var watch = Stopwatch.StartNew();
        var words = Words()
            .Matches(question)
            .Select(word => $"\"{word.Value}\"")
            .Distinct(StringComparer.OrdinalIgnoreCase);
        const string Best = "SELECT rowid FROM passages WHERE passages MATCH ?1 ORDER BY rank LIMIT 10";
        Check(sqlite3_prepare_v2(database, Best, out var query));
        Check(sqlite3_bind_text(query, 1, string.Join(" OR ", words)));
        while (sqlite3_step(query) == SQLITE_ROW) { }

        query.Dispose();
        return watch.Elapsed.TotalSeconds;
    }

    private static void Execute(sqlite3 database, string sql) => Check(sqlite3_exec(database, sql));

    private static void Step(sqlite3_stmt statement, int expected)
    {
        if (sqlite3_step(statement) is var code && code != expected)
        {
            Check(code);
        }
    }

    private static void Check(int code)
    {
        if (code != SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite: {sqlite3_errstr(code).utf8_to_string()}");
        }
    }

    private static void Report(TextWriter output, string name, double megabytes, List<LexicalFigures> rounds)
    {
        var seconds = Median(round => round.Seconds);
        output.WriteLine(
            $"{name, -28} {seconds, 9:F2} {megabytes / seconds, 8:F1} {Median(round => round.Bytes) / 1e6, 9:F1} "
                + $"{Median(round => round.Median) * 1e3, 13:F2} {Median(round => round.Slow) * 1e3, 9:F2}"
        );

        double Median(Func<LexicalFigures, double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);
    }

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();

    /// <summary>The costs of an index: its building and its queries.</summary>
    private sealed record LexicalFigures(double Seconds, double Bytes, double Median, double Slow)
    {
        public static LexicalFigures Of(double seconds, double bytes, List<double> queries)
        {
            queries.Sort();
            return new LexicalFigures(seconds, bytes, queries[queries.Count / 2], queries[queries.Count * 99 / 100]);
        }
    }
}
