using System.Text;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Freshness;

/// <summary>
/// Finds among many changed files those that a query needs, without indexing any: a file counts by the words of the
/// query in its path and its bytes, the more the fewer of the files have the word.
/// </summary>
internal sealed class RelevantFiles(AllowedRoots roots, string query, TimeProvider time)
{
    private const int ShortestWord = 3;
    private const int MostWords = 16;

    /// <summary>Longer files are books and data, of which only the beginning is searched.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>The time to look into files; a file that is not reached counts by its path.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(1.5);

    private readonly long _start = time.GetTimestamp();
    private readonly string[] _words =
    [
        .. query
            .Split([.. query.Where(c => !char.IsLetterOrDigit(c) && c != '_').Distinct()])
            .Where(word => word.Length >= ShortestWord)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .OrderByDescending(word => word.Length)
            .Take(MostWords),
    ];

    /// <summary>The paths of the files that have any of the words, best first.</summary>
    public IReadOnlyList<string> Rank(IReadOnlyList<SourceEntry> files, CancellationToken cancellation)
    {
        var found = new bool[files.Count][];
        Parallel.For(
            0,
            files.Count,
            new ParallelOptions { CancellationToken = cancellation },
            i => found[i] = WordsOf(files[i].Path)
        );
        var frequency = new double[_words.Length];
        foreach (var words in found)
        {
            for (var i = 0; i < words.Length; i++)
            {
                frequency[i] += words[i] ? 1 : 0;
            }
        }

        return
        [
            .. files
                .Select((file, i) => (file.Path, Score: Score(found[i])))
                .Where(file => file.Score > 0)
                .OrderByDescending(file => file.Score)
                .ThenBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => file.Path),
        ];

        double Score(bool[] words) =>
            words.Select((isFound, i) => isFound ? Math.Log(1 + (files.Count / frequency[i])) : 0).Sum();
    }

    private bool[] WordsOf(string path)
    {
        var text = time.GetElapsedTime(_start) < s_most ? TextOf(path) : "";
        return
        [
            .. _words.Select(word =>
                path.Contains(word, StringComparison.OrdinalIgnoreCase)
                || text.Contains(word, StringComparison.OrdinalIgnoreCase)
            ),
        ];
    }

    private string TextOf(string path)
    {
        try
        {
            using var stream = roots.OpenRead(path);
            var bytes = new byte[Math.Min(stream.Length, MostBytes)];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Encoding.UTF8.GetString(bytes, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return "";
        }
    }
}
