using McpLongContext.Benchmarks.EndToEnd;

namespace McpLongContext.Benchmarks.Growth;

/// <summary>
/// One folder that grows, ingested again at every size: times of an ingest are the sums up to that size, everything else
/// is measured at it.
/// </summary>
internal static class GrowthBenchmark
{
    private const int QuestionCount = 100;

    private static readonly double[] s_sizes = [1, 3, 10, 30, 100];

    /// <summary>Measures size after size.</summary>
    /// <param name="output">Receives the table.</param>
    /// <param name="sources">Folders of source files.</param>
    /// <param name="largest">The last size, in megabytes.</param>
    /// <param name="picture">Receives the picture.</param>
    public static void Run(TextWriter output, IReadOnlyList<string> sources, double largest, string picture)
    {
        using var home = Home.Create();
        var folder = Path.Combine(home.Folder, "sources");
        var files = Shuffled(sources.SelectMany(Sources.Files));
        var points = new List<GrowthPoint>();
        var (next, bytes, searchable, core) = (0, 0L, 0.0, 0.0);
        output.WriteLine(GrowthPoint.Header);
        foreach (var size in s_sizes.Where(size => size <= largest))
        {
            for (; bytes < size * 1e6 && next < files.Count; next++)
            {
                var target = Path.Combine(folder, $"{next / 1000}", $"{next}-{Path.GetFileName(files[next])}");
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(files[next], target);
                bytes += new FileInfo(target).Length;
            }

            var (run, report) = home.Run("ingest", folder, "--wait");
            searchable += report.GetProperty("searchable_seconds").GetDouble();
            core += run.Effort.CoreSeconds;
            points.Add(
                Measure(home, Questions.About(files[..next], QuestionCount), run) with
                {
                    Megabytes = bytes / 1e6,
                    SearchableSeconds = searchable,
                    IngestCoreSeconds = core,
                }
            );
            output.WriteLine(points[^1]);
            File.WriteAllText(picture, GrowthPicture.Draw(points));
        }
    }

    private static GrowthPoint Measure(Home home, List<string> questions, ProgramRun ingest)
    {
        using var server = ServerSession.Start(home);
        questions.ForEach(question => server.Query(question));
        var times = questions.Select(server.Query).Order().ToList();
        var (_, summary) = home.Run("datastores", "list");
        var datastore = summary.EnumerateArray().First();
        return new GrowthPoint(
            0,
            datastore.GetProperty("tokens").GetDouble() / 1e6,
            0,
            0,
            datastore.GetProperty("bytes").GetDouble() / 1e6,
            ingest.PeakBytes / 1e6,
            server.WorkingSet / 1e6,
            times[times.Count / 2] * 1e3,
            times[times.Count * 99 / 100] * 1e3
        );
    }

    /// <summary>An order that mixes the folders, the same every time.</summary>
    private static List<string> Shuffled(IEnumerable<string> files)
    {
        var shuffled = files.ToArray();
        new Random(1).Shuffle(shuffled);
        return [.. shuffled];
    }
}
