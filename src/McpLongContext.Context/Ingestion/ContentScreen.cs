using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Sources;

namespace McpLongContext.Context.Ingestion;

/// <summary>Finds by their content what file names do not tell: private keys, generated and minified code.</summary>
internal static class ContentScreen
{
    /// <summary>Why the text is skipped; null when it is not.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="kind">The kind of the document.</param>
    /// <param name="path">The document's path; the extension tells the language.</param>
    /// <param name="wanted">How much the user wants the file.</param>
    public static string? Judge(string text, DocumentKind kind, string path, Wanted wanted)
    {
        if (wanted != Wanted.EvenAsSecret && kind != DocumentKind.Code && PrivateKey.IsIn(text))
        {
            return "it holds a private key" + DefaultExcludes.TakeBack;
        }

        if (wanted != Wanted.AsFound)
        {
            return null;
        }

        if (text.StartsWith("-----BEGIN PGP ", StringComparison.Ordinal))
        {
            return "a PGP key, signature or message" + DefaultExcludes.TakeBack;
        }

        if (kind == DocumentKind.Code && GeneratedMark.IsIn(text))
        {
            return "generated code, as its first lines say" + DefaultExcludes.TakeBack;
        }

        return MachineText.Judge(text, kind, path) is { } machine ? machine + DefaultExcludes.TakeBack : null;
    }
}
