using System.Globalization;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Output;

/// <summary>Answers of a local model in words, a line each.</summary>
internal static class AnswerText
{
    /// <summary>Where an answer stands.</summary>
    public static string Progress(AnswerProgress progress) =>
        progress.Tokens == 0
            ? "evidence found; the local model reads it"
            : $"evidence found; the local model answers: {IngestText.Count(progress.Tokens, "token")}";

    /// <summary>The answer with its citations, or why there is none.</summary>
    public static string Render(LocalAnswer answer) =>
        answer.State switch
        {
            AnswerState.Answered => string.Create(
                CultureInfo.InvariantCulture,
                $"Answer by {answer.Model} ({answer.Seconds:0.0} s): {VisibleText.Name(answer.Text!)} "
                    + $"[{string.Join(", ", answer.Citations.Select(VisibleText.Name))}]{Memory(answer.Memory)}"
            ),
            AnswerState.Unavailable => $"No local answer. {VisibleText.Name(answer.Reason!)}",
            _ => $"No local answer: {VisibleText.Name(answer.Reason!)}.{Memory(answer.Memory)}",
        };

    /// <summary>
    /// The decoder memory that a model had and the places it attended to, in lines of their own; empty without one.
    /// </summary>
    public static string Memory(MemoryUse? memory)
    {
        if (memory is null)
        {
            return "";
        }

        var pending =
            memory.PendingDocuments == 0
                ? ""
                : $"; {IngestText.Count(memory.PendingDocuments, "document")} not in it yet"
                    + (memory.Job is { } job ? $", built by job {job}" : "");
        var how = memory.Mode is { } mode ? $", {mode}" : "";
        var note = memory.Note is { } text ? $" {text}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\nIn {memory.Title} ({memory.Kind.ToString().ToLowerInvariant()}{how}): {memory.Tokens:N0} tokens{pending}"
                + $"{Keys(memory)}.{note}{Attention(memory)}"
        );
    }

    /// <summary>The size of what was searched and the time that it took; empty where nothing is searched.</summary>
    private static string Keys(MemoryUse memory)
    {
        if (memory.Mode is null)
        {
            return "";
        }

        var stored = memory.DatastoreBytes == 0 ? "" : $" of {IngestText.Size(memory.DatastoreBytes)} in the datastore";
        return $", {IngestText.Size(memory.IndexBytes)} of keys{stored}; {Search(memory)}";
    }

    /// <summary>The places that were attended to, in lines of their own; empty where none can be told.</summary>
    private static string Attention(MemoryUse memory)
    {
        if (memory.Spans.Count == 0)
        {
            return "";
        }

        var spans = memory.Spans.Select(span =>
            string.Create(CultureInfo.InvariantCulture, $"\n  {span.Share:P0}\t{VisibleText.Name(span.Citation)}")
        );
        return string.Create(
            CultureInfo.InvariantCulture,
            $" Of its attention {memory.LocalShare:P0} stayed with the prompt and its own words, the rest went to{string.Concat(spans)}"
        );
    }

    private static string Search(MemoryUse memory)
    {
        if (memory.Whole)
        {
            return "all of it fits the window";
        }

        var layers = memory.LayerSearchSeconds.Count(seconds => seconds > 0);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"searched in {memory.SearchSeconds:0.00} s{(layers == 0 ? "" : $" by {IngestText.Count(layers, "layer")}")}, {memory.SearchShare:P1} of the time"
        );
    }
}
