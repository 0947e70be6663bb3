using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpLongContext.Documents.Formats;

/// <summary>
/// Jupyter notebooks (nbformat 3 and 4): cells of text as Markdown, cells of code fenced, with those of their outputs
/// that are text. Cited by the number of the cell, 1-based: <c>#cell=7</c>.
/// </summary>
internal sealed class NotebookFormat : IDocumentFormat
{
    /// <summary>Of a longer output the beginning is kept.</summary>
    private const int MaxOutput = 20_000;

    /// <inheritdoc/>
    public string Name => "Jupyter";

    /// <inheritdoc/>
    public TextLayout Layout => TextLayout.Markdown;

    /// <inheritdoc/>
    public bool KeepsLines => false;

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public bool Matches(DocumentFile file) =>
        file.Head.StartsWith('{')
        && (
            file.Extension == ".ipynb"
            || (file.Head.Contains("\"cell_type\"", StringComparison.Ordinal) && file.Extension is ".json" or "")
        );

    /// <inheritdoc/>
    public bool Read(DocumentFile file, TextBuilder text, ReadBudget budget)
    {
        using var notebook = JsonDocument.Parse(file.Text, new JsonDocumentOptions { MaxDepth = ReadBudget.MaxDepth });
        if (FindCells(notebook.RootElement) is not { } cells)
        {
            return false;
        }

        var language = LanguageOf(notebook.RootElement);
        var number = 0;
        foreach (var cell in cells.EnumerateArray())
        {
            text.Mark($"cell={++number}");
            AddCell(cell, language, text);
        }

        return true;
    }

    private static void AddCell(JsonElement cell, string language, TextBuilder text)
    {
        var source = Join(cell, "source") + Join(cell, "input");
        switch (cell.Text("cell_type"))
        {
            case "code":
                text.AddCode(language, source);
                foreach (var output in cell.Items("outputs"))
                {
                    AddOutput(output, text);
                }

                break;
            case "heading":
                text.AddHeading(
                    cell.Find("level") is { ValueKind: JsonValueKind.Number } level ? level.GetInt32() : 1,
                    source
                );
                break;
            default:
                text.AddParagraph(source);
                break;
        }
    }

    private static void AddOutput(JsonElement output, TextBuilder text)
    {
        var printed = output.Text("output_type") switch
        {
            "stream" => Join(output, "text"),
            "error" or "pyerr" => $"{output.Text("ename")}: {output.Text("evalue")}\n{Join(output, "traceback", "\n")}",
            _ => TextOf(output.Find("data") ?? output),
        };
        printed = s_color.Replace(printed, "").Trim('\n', '\r');
        if (printed.StartsWith("<Figure size", StringComparison.Ordinal))
        {
            return;
        }

        if (printed.Length > MaxOutput)
        {
            printed = $"{printed[..MaxOutput]}\n({printed.Length - MaxOutput:N0} more characters of output)";
        }

        text.AddCode("output", printed);
    }

    private static string TextOf(JsonElement data)
    {
        foreach (var type in (ReadOnlySpan<string>)["text/markdown", "text/plain", "text/latex", "text"])
        {
            if (Join(data, type) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return "";
    }

    private static JsonElement? FindCells(JsonElement notebook) =>
        notebook.Find("cells") is { ValueKind: JsonValueKind.Array } cells
            ? cells
            : notebook.Items("worksheets").Select(sheet => sheet.Find("cells")).FirstOrDefault();

    private static string LanguageOf(JsonElement notebook)
    {
        var metadata = notebook.Find("metadata");
        return metadata?.Find("language_info")?.Text("name") is { Length: > 0 } name
            ? name
            : metadata?.Find("kernelspec")?.Text("language") ?? "";
    }

    /// <summary>A text, or the texts of an array, one after the other.</summary>
    private static string Join(JsonElement element, string name, string separator = "") =>
        element.Find(name) is { ValueKind: JsonValueKind.Array } lines
            ? string.Join(separator, lines.EnumerateArray().Select(line => line.AsText()))
            : element.Text(name);

    private static readonly Regex s_color = new(
        @"\x1B\[[0-9;?]*[A-Za-z]",
        RegexOptions.NonBacktracking,
        Regex.InfiniteMatchTimeout
    );
}
