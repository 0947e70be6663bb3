using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Protocol;

/// <summary>A tool whose calls a token may not permit.</summary>
internal interface IScoped
{
    /// <summary>The kind of call.</summary>
    public Scopes Scope { get; }
}
