using System.Text.Json;

namespace McpLongContext.Training.Reports;

/// <summary>Measurements of a training: a JSON object a line, appended as it comes.</summary>
/// <param name="path">The file.</param>
internal sealed class MetricsLog(string path)
{
    public const string FileName = "metrics.jsonl";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Appends a line.</summary>
    /// <exception cref="TrainingException">The file cannot be written.</exception>
    public void Append(MetricsLine line)
    {
        try
        {
            File.AppendAllText(path, JsonSerializer.Serialize(line, s_json) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>All lines up to a step; a line that was cut by a kill is left out.</summary>
    public IReadOnlyList<MetricsLine> Read(int lastStep = int.MaxValue) =>
        File.Exists(path)
            ? [.. File.ReadLines(path).Select(Parse).OfType<MetricsLine>().Where(line => line.Step <= lastStep)]
            : [];

    /// <summary>
    /// Drops what was measured after a step, as when a training continues from an earlier checkpoint.
    /// </summary>
    public void Truncate(int lastStep)
    {
        var kept = Read(lastStep);
        AtomicFile.Write(
            path,
            stream =>
            {
                foreach (var line in kept)
                {
                    JsonSerializer.Serialize(stream, line, s_json);
                    stream.WriteByte((byte)'\n');
                }
            }
        );
    }

    private static MetricsLine? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<MetricsLine>(line, s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
