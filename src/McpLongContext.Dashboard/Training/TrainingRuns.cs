using System.Text.Json;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Dashboard.Training;

/// <summary>The trainings of the data folder, running or done, from the metrics that they write.</summary>
/// <param name="options">Where the data folder is.</param>
internal sealed class TrainingRuns(LongContextOptions options)
{
    private const string FolderName = "training";
    private const string FileName = "metrics.jsonl";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The folder of the runs.</summary>
    public string Folder => Path.Combine(options.Home, FolderName);

    /// <summary>All runs, the latest first.</summary>
    public IReadOnlyList<TrainingRun> All() =>
        Directory.Exists(Folder)
            ?
            [
                .. new DirectoryInfo(Folder)
                    .EnumerateDirectories()
                    .Select(folder => new FileInfo(Path.Combine(folder.FullName, FileName)))
                    .Where(file => file.Exists)
                    .OrderByDescending(file => file.LastWriteTimeUtc)
                    .Select(file => new TrainingRun(file.Directory!.Name, Read(file.FullName))),
            ]
            : [];

    /// <summary>The run of a name.</summary>
    /// <exception cref="ContextException">There is none.</exception>
    public TrainingRun Get(string name) =>
        All().FirstOrDefault(run => run.Name == name)
        ?? throw new ContextException($"There is no training '{name}' in {Folder}.");

    /// <summary>The lines of a file; one that is being written is left out.</summary>
    private static List<TrainingLine> Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var lines = new List<TrainingLine>();
        while (reader.ReadLine() is { } line)
        {
            try
            {
                if (JsonSerializer.Deserialize<TrainingLine>(line, s_json) is { } read)
                {
                    lines.Add(read);
                }
            }
            catch (JsonException)
            {
                // Cut by a kill, or not yet written to its end.
            }
        }

        return lines;
    }
}
