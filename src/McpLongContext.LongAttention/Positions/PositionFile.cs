using System.Numerics;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference.Models;

namespace McpLongContext.LongAttention.Positions;

/// <summary>
/// The settings of a model's positions, kept in its folder: every process reads them at the beginning of a request, and
/// they go when the model is removed. A model without the file is used as it was trained.
/// </summary>
/// <remarks>
/// <c>{"version": 1, "trained_length": 2048, "length": 8192, "method": "yarn", "crc32c": "9ae0daaf"}</c>; the checksum
/// is that of <c>1 2048 8192 yarn</c>. Replaced in one step.
/// </remarks>
public static class PositionFile
{
    /// <summary>The name of the file in a model's folder.</summary>
    public const string Name = "positions.json";

    private const int Version = 1;
    private const int MaxBytes = 4096;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads the settings of a model; null where it is used as it was trained.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="ModelException">The file is damaged, or of a later version.</exception>
    public static PositionSettings? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            var bytes = ReadAll(path);
            if (bytes is null)
                return null;
            var content = JsonSerializer.Deserialize<Content>(bytes, s_json);
            return content is { Version: > Version }
                ? throw Damaged(path, $"version {content.Version} found, expected at most {Version}")
                : Parse(content) ?? throw Damaged(path, "its numbers do not fit each other or its checksum");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw Damaged(path, e.Message, e);
        }
    }

    /// <summary>Keeps the settings of a model; those of the trained window leave no file.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="settings">The settings.</param>
    /// <exception cref="ModelException">The folder cannot be written to; the earlier settings stay.</exception>
    public static void Write(string folder, PositionSettings settings)
    {
        var path = Path.Combine(folder, Name);
        var staged = $"{path}.{Guid.NewGuid():N}";
        try
        {
            if (settings.Method == PositionMethod.Trained)
            {
                File.Delete(path);
                return;
            }

            var method = settings.Method.Name();
            var sum = Checksum(Version, settings.TrainedLength, settings.Length, method);
            var content = new Content(Version, settings.TrainedLength, settings.Length, method, sum);
            using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, content, s_json);
                file.Flush(flushToDisk: true);
            }

            File.Move(staged, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(staged))
                File.Delete(staged);
            throw new ModelException($"The positions were not kept in {path}: {e.Message}", e);
        }
    }

    private static byte[]? ReadAll(string path)
    {
        try
        {
            using var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            var bytes = new byte[MaxBytes];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static PositionSettings? Parse(Content? content) =>
        content is { Version: Version, TrainedLength: > 0 }
        && content.Length >= content.TrainedLength
        && content.Crc32c == Checksum(Version, content.TrainedLength, content.Length, content.Method)
        && Enum.TryParse<PositionMethod>(content.Method, ignoreCase: true, out var method)
        && method.Name() == content.Method
            ? new PositionSettings(content.TrainedLength, content.Length, method)
            : null;

    private static string Checksum(int version, int trained, int length, string method)
    {
        var state = uint.MaxValue;
        foreach (var one in Encoding.UTF8.GetBytes(string.Create(null, $"{version} {trained} {length} {method}")))
            state = BitOperations.Crc32C(state, one);
        return (~state).ToString("x8", null);
    }

    private static ModelException Damaged(string path, string found, Exception? cause = null)
    {
        var message =
            $"{path} is damaged: {found}. Expand the model again, or remove the file to use the model as it was trained.";
        return cause is null ? new ModelException(message) : new ModelException(message, cause);
    }

    private sealed record Content(int Version, int TrainedLength, int Length, string Method, string Crc32c);
}
