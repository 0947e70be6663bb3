using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Setup;

/// <summary>The entry of this server in the file of a client; its other members stay, its comments do not.</summary>
internal static class Registration
{
    /// <summary>The name of the entry.</summary>
    public const string Name = "long-context";

    private static readonly JsonSerializerOptions s_format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonDocumentOptions s_parsing = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The text of a file with the entry and nothing else.</summary>
    public static string Render(Client client, JsonObject entry) =>
        new JsonObject { [client.Section] = new JsonObject { [Name] = entry.DeepClone() } }.ToJsonString(s_format);

    /// <summary>The entry that a file has; <see langword="null"/> where it has none, or there is no file.</summary>
    /// <exception cref="ContextException">The file is not JSON as the client writes it.</exception>
    public static JsonObject? Find(Client client, string file) =>
        (Load(file)?[client.Section] as JsonObject)?[Name] as JsonObject;

    /// <summary>Writes the entry into a file, and a copy of the file as it was beside it.</summary>
    /// <returns>The copy; <see langword="null"/> where there was no file, or nothing to change.</returns>
    /// <exception cref="ContextException">The file is not JSON as the client writes it, or cannot be written.</exception>
    public static string? Write(Client client, string file, JsonObject entry)
    {
        var root = Load(file) ?? [];
        if (JsonNode.DeepEquals((root[client.Section] as JsonObject)?[Name], entry))
        {
            return null;
        }

        if ((root[client.Section] ??= new JsonObject()) is not JsonObject servers)
        {
            throw new ContextException($"{file}: {client.Section} is no object; fix it, or use --print.");
        }

        servers[Name] = entry.DeepClone();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            var backup = File.Exists(file) ? file + ".bak" : null;
            if (backup is not null)
            {
                File.Copy(file, backup, overwrite: true);
            }

            // Renamed into place: a client never reads half a file.
            File.WriteAllText(file + ".new", root.ToJsonString(s_format) + "\n");
            File.Move(file + ".new", file, overwrite: true);
            return backup;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"{file}: {error.Message}", error);
        }
    }

    private static JsonObject? Load(string file)
    {
        try
        {
            return !File.Exists(file) || File.ReadAllText(file) is not { } text || string.IsNullOrWhiteSpace(text)
                ? null
                : JsonNode.Parse(text, documentOptions: s_parsing)!.AsObject();
        }
        catch (Exception error)
            when (error is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"{file}: not read as JSON ({error.Message}); fix it, or use --print.", error);
        }
    }
}
