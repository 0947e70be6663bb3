namespace McpLongContext.Inference.Tests;

/// <summary>Data written by the exporters under tools/golden.</summary>
internal static class Golden
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "GoldenData", name);

    public static FileStream Open(string name) => File.OpenRead(PathOf(name));
}
