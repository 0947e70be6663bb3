using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace McpLongContext.Architecture.Tests;

/// <summary>A text that a reader of the sources sees: a name, a message or prose.</summary>
/// <param name="Kind">The place: identifier, message, prose or doc.</param>
/// <param name="Path">The file, below src.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">The text in lower case, names split into words.</param>
internal sealed partial record SourceText(string Kind, string Path, int Line, string Text)
{
    /// <summary>All texts of the sources under src.</summary>
    public static IEnumerable<SourceText> ReadAll()
    {
        var root = System.IO.Path.Combine(Repository.Root, "src");
        return Directory
            .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(path => !BuildOutput().IsMatch(path))
            .Order(StringComparer.Ordinal)
            .SelectMany(path => Read(path, File.ReadAllText(System.IO.Path.Combine(root, path))));
    }

    /// <summary>The texts of one file: its path, declared names, string literals, comments.</summary>
    public static IEnumerable<SourceText> Read(string path, string source)
    {
        foreach (var name in path.Split('/').Select(part => part.Replace(".cs", "", StringComparison.Ordinal)))
        {
            yield return new SourceText("identifier", path, 1, Words(name));
        }

        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Parse);
        foreach (var token in CSharpSyntaxTree.ParseText(source, options).GetRoot().DescendantTokens())
        {
            if (token.IsKind(SyntaxKind.IdentifierToken) && token.Parent is not SimpleNameSyntax)
            {
                yield return new SourceText("identifier", path, LineOf(token.GetLocation()), Words(token.Text));
            }
            else if (IsMessage(token))
            {
                yield return new SourceText("message", path, LineOf(token.GetLocation()), Plain(token.ValueText));
            }

            foreach (var prose in token.LeadingTrivia.Concat(token.TrailingTrivia).SelectMany(Prose))
            {
                yield return prose with
                {
                    Path = path,
                };
            }
        }
    }

    private static IEnumerable<SourceText> Prose(SyntaxTrivia trivia)
    {
        if (trivia.GetStructure() is DocumentationCommentTriviaSyntax documentation)
        {
            return documentation
                .Content.OfType<XmlElementSyntax>()
                .Select(element => new SourceText("doc", "", LineOf(element.GetLocation()), Plain(TextOf(element))));
        }

        return trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
            ? [new SourceText("prose", "", LineOf(trivia.GetLocation()), Plain(trivia.ToString().Trim('/', '*')))]
            : [];
    }

    private static bool IsMessage(SyntaxToken token) =>
        token.Kind()
            is SyntaxKind.StringLiteralToken
                or SyntaxKind.SingleLineRawStringLiteralToken
                or SyntaxKind.MultiLineRawStringLiteralToken
                or SyntaxKind.Utf8StringLiteralToken
                or SyntaxKind.InterpolatedStringTextToken;

    private static string TextOf(XmlElementSyntax element) =>
        string.Concat(
            element
                .DescendantTokens(node => node is not (XmlElementStartTagSyntax or XmlElementEndTagSyntax))
                .Where(token =>
                    token.Kind()
                        is SyntaxKind.XmlTextLiteralToken
                            or SyntaxKind.XmlEntityLiteralToken
                            or SyntaxKind.XmlTextLiteralNewLineToken
                )
                .Select(token => token.ValueText)
        );

    private static string Words(string name) => Plain(WordStart().Replace(name, " ").Replace('_', ' '));

    private static string Plain(string text) => Space().Replace(text, " ").Trim().ToLowerInvariant();

    private static int LineOf(Location location) => location.GetLineSpan().StartLinePosition.Line + 1;

    [GeneratedRegex("(^|/)(bin|obj)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|[.]")]
    private static partial Regex WordStart();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
