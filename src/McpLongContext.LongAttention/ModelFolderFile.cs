using System.Numerics;
using System.Text;
using System.Text.Json;
using McpLongContext.Inference;

namespace McpLongContext.LongAttention;

/// <summary>
/// A small file of JSON that is kept in a model's folder and goes with it: replaced in one step, so that a reader finds
/// it whole or not at all.
/// </summary>
internal static class ModelFolderFile
{
    private const int MaxBytes = 4096;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file; null where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="JsonException">The file holds something else.</exception>
    public static T? Read<T>(string path)
        where T : class
    {
        var bytes = ReadAll(path);
        return bytes is null ? null : JsonSerializer.Deserialize<T>(bytes, s_json) ?? throw new JsonException("null");
    }

    /// <summary>Replaces a file, or writes the first one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">The content to write.</param>
    /// <param name="what">The name of the content in messages: "The positions".</param>
    /// <exception cref="ModelException">The folder cannot be written to; the earlier file stays.</exception>
    public static void Replace<T>(string path, T content, string what)
    {
        var staged = $"{path}.{Guid.NewGuid():N}";
        try
        {
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
            {
                File.Delete(staged);
            }

            throw NotKept(path, what, e);
        }
    }

    /// <summary>Removes a file, if there is one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">The name of the content in messages.</param>
    /// <exception cref="ModelException">The folder cannot be written to.</exception>
    public static void Remove(string path, string what)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotKept(path, what, e);
        }
    }

    /// <summary>CRC-32C of a text, in hexadecimal.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    public static string Checksum(string text)
    {
        var state = uint.MaxValue;
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            state = BitOperations.Crc32C(state, one);
        }

        return (~state).ToString("x8", null);
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

    private static ModelException NotKept(string path, string what, Exception cause) =>
        new($"{what} were not kept in {path}: {cause.Message}", cause);
}
