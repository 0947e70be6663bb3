using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Commits;

namespace McpLongContext.Benchmarks.History;

/// <summary>
/// Which files a term stands for, learned from a history: the share of the commits with the term in their message that
/// touched the file, each commit shared among its files.
/// </summary>
internal sealed class FileAssociations
{
    /// <summary>Commits that touched more files say little of each.</summary>
    private const int MaxFiles = 20;

    /// <summary>Commits that are added to those of a term, so that a term of one commit is no certainty.</summary>
    private const double Smoothing = 2;

    private readonly Dictionary<string, Dictionary<string, double>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _frequency = new(StringComparer.Ordinal);
    private readonly int _commits;

    public FileAssociations(IReadOnlyList<Commit> commits)
    {
        _commits = commits.Count;
        foreach (var commit in commits.Where(commit => commit.FileCount is > 0 and <= MaxFiles))
        {
            foreach (var term in TermAnalyzer.Terms($"{commit.Subject}\n{commit.Body}"))
            {
                _frequency[term] = _frequency.GetValueOrDefault(term) + 1;
                if (!_files.TryGetValue(term, out var files))
                {
                    _files.Add(term, files = new Dictionary<string, double>(StringComparer.Ordinal));
                }

                foreach (var file in commit.Files)
                {
                    files[file.Path] = files.GetValueOrDefault(file.Path) + (1.0 / commit.FileCount);
                }
            }
        }
    }

    /// <summary>The files that the terms of a question stand for, by their score.</summary>
    public Dictionary<string, double> Of(IEnumerable<string> terms)
    {
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var term in terms.Where(_files.ContainsKey))
        {
            var frequency = _frequency[term];
            var rarity = Math.Log(1 + ((_commits - frequency + 0.5) / (frequency + 0.5)));
            foreach (var (file, count) in _files[term])
            {
                scores[file] = scores.GetValueOrDefault(file) + (rarity * count / (frequency + Smoothing));
            }
        }

        return scores;
    }
}
