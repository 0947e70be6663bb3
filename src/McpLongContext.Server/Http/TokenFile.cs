using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Http;

/// <summary>
/// The file of the tokens: one token and nothing else, or JSON with several,
/// <c>{"tokens":[{"name":"ci","token":"...","scopes":["read"],"datastores":["web-*"],"roots":["/srv/web"]}]}</c>.
/// </summary>
internal static class TokenFile
{
    /// <summary>Reads the tokens of a file.</summary>
    /// <exception cref="ContextException">The file cannot be read, or is none of tokens.</exception>
    public static IReadOnlyList<BearerToken> Load(string file)
    {
        try
        {
            var text = File.ReadAllText(file).Trim();
            return text.StartsWith('{') ? Parse(file, text)
                : BearerToken.Of(text) is { } token ? [token]
                : throw new ContextException($"--token-file: {file} is empty; write a token into it.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"--token-file: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new ContextException($"--token-file: {file} is not a list of tokens: {error.Message}", error);
        }
    }

    private static BearerToken[] Parse(string file, string text)
    {
        var entries = JsonSerializer.Deserialize<Entries>(text, ContextJson.Options)!.Tokens;
        return entries.Count > 0 && AreDistinct(entry => entry.Name) && AreDistinct(entry => entry.Token.Trim())
            ? [.. entries.Select(TokenOf)]
            : throw new ContextException($"--token-file: {file} has no tokens, or two of one name or of one secret.");

        bool AreDistinct(Func<Entry, string> member) => entries.DistinctBy(member).Count() == entries.Count;
    }

    private static BearerToken TokenOf(Entry entry)
    {
        // An issuer's users have names with a space: none of the file's is taken for theirs.
        if (entry.Name.Length == 0 || entry.Name.Any(char.IsWhiteSpace))
        {
            throw new ContextException($"--token-file: '{entry.Name}' is no name of a token; give one without spaces.");
        }

        var scopes = Scopes.None;
        foreach (var name in entry.Scopes)
        {
            scopes |= Access.ScopeOf(name) is var scope and not Scopes.None
                ? scope
                : throw new ContextException(
                    $"--token-file: '{name}' of {entry.Name} is not a scope; there are read, ingest and admin."
                );
        }

        // An empty list would mean all, the opposite of what it says.
        if (entry is { Datastores.Count: 0 } or { Roots.Count: 0 })
        {
            throw new ContextException(
                $"--token-file: {entry.Name} has an empty list of datastores or roots; leave the member out for all."
            );
        }

        return BearerToken.Of(entry.Token, entry.Name, new Access(scopes, entry.Datastores ?? [], entry.Roots ?? []))
            ?? throw new ContextException($"--token-file: {entry.Name} has an empty token.");
    }

    private sealed record Entries(IReadOnlyList<Entry> Tokens);

    private sealed record Entry(
        string Name,
        string Token,
        IReadOnlyList<string> Scopes,
        IReadOnlyList<string>? Datastores = null,
        IReadOnlyList<string>? Roots = null
    );
}
