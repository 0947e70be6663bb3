using System.Text;

namespace McpLongContext.Documents.Tests;

/// <summary>Documents to read: those that tools/formats/make_samples.py made, and texts.</summary>
internal static class Sample
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Samples");

    public static DocumentFile Load(string name) => new(name, File.ReadAllBytes(Path.Combine(Folder, name)));

    public static DocumentFile Of(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));

    public static ExtractedText Read(string name) => Read(Load(name));

    public static ExtractedText Read(string name, string text) => Read(Of(name, text));

    public static ExtractedText Read(DocumentFile file)
    {
        var format = DocumentFormats.Find(file);
        Assert.NotNull(format);
        var text = DocumentFormats.Read(format, file, TestContext.Current.CancellationToken);
        Assert.NotNull(text);
        return text;
    }

    /// <summary>Where the line that holds some words stands in the file.</summary>
    public static string? Locate(this ExtractedText text, string words)
    {
        var lines = text.Text.Split('\n');
        var line = Array.FindIndex(lines, line => line.Contains(words, StringComparison.Ordinal)) + 1;
        Assert.True(line > 0, $"No line holds '{words}':\n{text.Text}");
        return text.Locate(line, line) is { } fragment ? LocationFragment.Show(fragment) : null;
    }

    /// <summary>Why a file is not read.</summary>
    public static string Refusal(DocumentFile file)
    {
        var format = DocumentFormats.Find(file);
        Assert.NotNull(format);
        return Assert.Throws<UnreadableDocumentException>(() => DocumentFormats.Read(format, file)).Message;
    }
}
