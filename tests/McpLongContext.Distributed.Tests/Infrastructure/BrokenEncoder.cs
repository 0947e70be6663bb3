namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>An encoder that is installed and cannot be loaded.</summary>
internal static class BrokenEncoder
{
    private const string Name = "all-minilm-l6-v2";

    /// <summary>Installs it into the models of a home.</summary>
    public static void Install(string home)
    {
        var folder = Path.Combine(home, "models", Name);
        Directory.CreateDirectory(folder);
        string[] files = ["config.json", "tokenizer.json", "model.safetensors"];
        Array.ForEach(files, file => File.WriteAllText(Path.Combine(folder, file), "{}"));
        var listed = files.Select(file =>
            $$"""{ "name": "{{file}}", "size": 2, "sha256": "{{new string('0', 64)}}" }"""
        );
        File.WriteAllText(
            Path.Combine(folder, "manifest.json"),
            $$"""{ "name": "{{Name}}", "purpose": "encoder", "source": "npm:none@1", "files": [{{string.Join(',', listed)}}] }"""
        );
    }
}
