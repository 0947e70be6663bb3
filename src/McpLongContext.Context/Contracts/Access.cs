using System.IO.Enumeration;
using System.Security.Claims;
using McpLongContext.Storage;

namespace McpLongContext.Context.Contracts;

/// <summary>The permissions of a caller. The client of stdio, and of HTTP without tokens, may do everything.</summary>
/// <param name="Scopes">The permitted kinds of calls.</param>
/// <param name="Datastores">Names of the datastores, with <c>*</c> for any part; all where there are none.</param>
/// <param name="Roots">Folders beneath which files may be ingested; those of the server where there are none.</param>
internal sealed record Access(Scopes Scopes, IReadOnlyList<string> Datastores, IReadOnlyList<string> Roots)
{
    /// <summary>The claim of scopes, one each or several in one, between spaces.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>The claim of a datastore.</summary>
    public const string DatastoreClaim = "datastores";

    /// <summary>The claim of a root.</summary>
    public const string RootClaim = "roots";

    private static readonly Scopes[] s_scopes = [Scopes.Read, Scopes.Ingest, Scopes.Admin];

    /// <summary>Everything is permitted.</summary>
    public static Access Everything { get; } = new(Scopes.All, [], []);

    /// <summary>The names of the scopes, between spaces.</summary>
    public string ScopeNames => string.Join(' ', s_scopes.Where(Allows).Select(NameOf));

    /// <summary>The permissions of a user.</summary>
    /// <param name="user">The user of a request; an authenticated one has no more than its claims say.</param>
    public static Access Of(ClaimsPrincipal? user) =>
        user?.Identity?.IsAuthenticated != true
            ? Everything
            : new Access(
                user.FindAll(ScopeClaim)
                    .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Aggregate(Scopes.None, (all, one) => all | ScopeOf(one)),
                [.. user.FindAll(DatastoreClaim).Select(claim => claim.Value)],
                [.. user.FindAll(RootClaim).Select(claim => claim.Value)]
            );

    /// <summary>The scope of a name; none of an unknown one.</summary>
    public static Scopes ScopeOf(string name) =>
        name switch
        {
            "read" => Scopes.Read,
            "ingest" => Scopes.Ingest,
            "admin" => Scopes.Admin,
            _ => Scopes.None,
        };

    /// <summary>Whether calls of a kind are permitted.</summary>
    public bool Allows(Scopes scope) => (Scopes & scope) == scope;

    /// <summary>Whether a datastore may be used.</summary>
    public bool Allows(string datastore) =>
        Datastores.Count == 0
        || Datastores.Any(name => FileSystemName.MatchesSimpleExpression(name, datastore, ignoreCase: false));

    /// <summary>Refuses a datastore that may not be used; whether it exists is not told.</summary>
    /// <exception cref="ContextException">The datastore may not be used.</exception>
    public void Require(string datastore)
    {
        if (!Allows(datastore))
        {
            throw new ContextException(
                $"datastore: the token gives no access to '{datastore}'; it does to {string.Join(", ", Datastores)}."
            );
        }
    }

    /// <summary>The message of an error, without names of datastores that may not be used.</summary>
    public string MessageOf(Exception error) =>
        error is UnknownDatastoreException unknown ? unknown.Among(Allows).Message : error.Message;

    /// <summary>Whether what concerns the whole server is permitted, beside what concerns datastores.</summary>
    public bool IsOperator => Datastores.Count == 0 && Roots.Count == 0 && Allows(Scopes.Admin);

    /// <summary>The datastore of who names none: the first of the token.</summary>
    public string UsualDatastore => Datastores.FirstOrDefault(name => !name.Contains('*')) ?? "default";

    /// <summary>The name of a scope.</summary>
    public static string NameOf(Scopes scope) => scope.ToString().ToLowerInvariant();
}
