using System.Text.Json;
using McpLongContext.Inference;

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
    private const string What = "The positions";

    /// <summary>Reads the settings of a model; null where it is used as it was trained.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="ModelException">The file is damaged, or of a later version.</exception>
    public static PositionSettings? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            return ModelFolderFile.Read<Content>(path) switch
            {
                null => null,
                { Version: > Version } later => throw Damaged(
                    path,
                    $"version {later.Version} found, expected at most {Version}"
                ),
                { } content => Parse(content)
                    ?? throw Damaged(path, "its numbers do not fit each other or its checksum"),
            };
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
        if (settings.Method == PositionMethod.Trained)
        {
            ModelFolderFile.Remove(path, What);
            return;
        }

        var method = settings.Method.Name();
        var sum = Checksum(Version, settings.TrainedLength, settings.Length, method);
        var content = new Content(Version, settings.TrainedLength, settings.Length, method, sum);
        ModelFolderFile.Replace(path, content, What);
    }

    private static PositionSettings? Parse(Content content) =>
        content is { Version: Version, TrainedLength: > 0 }
        && content.Length >= content.TrainedLength
        && content.Crc32c == Checksum(Version, content.TrainedLength, content.Length, content.Method)
        && Enum.TryParse<PositionMethod>(content.Method, ignoreCase: true, out var method)
        && method.Name() == content.Method
            ? new PositionSettings(content.TrainedLength, content.Length, method)
            : null;

    private static string Checksum(int version, int trained, int length, string method) =>
        ModelFolderFile.Checksum(string.Create(null, $"{version} {trained} {length} {method}"));

    private static ModelException Damaged(string path, string found, Exception? cause = null)
    {
        var message =
            $"{path} is damaged: {found}. Expand the model again, or remove the file to use the model as it was trained.";
        return cause is null ? new ModelException(message) : new ModelException(message, cause);
    }

    private sealed record Content(int Version, int TrainedLength, int Length, string Method, string Crc32c);
}
