using System.CommandLine;
using System.Reflection;
using System.Runtime.Loader;

namespace McpLongContext.Server.Commands;

/// <summary>
/// Joins a cluster. What it takes is an assembly of its own, in a folder beside this one: only this command loads it.
/// </summary>
internal sealed class SiloCommand : Command
{
    private const string Assembly = "mcp-long-context-silo";
    private const string EntryType = "McpLongContext.Distributed.Hosting.SiloProgram";

    public SiloCommand()
        : base("silo", "Join a cluster and serve its datastores as MCP over HTTP; 'silo -- --help' lists the options.")
    {
        TreatUnmatchedTokensAsErrors = false;
        SetAction(RunAsync);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var path = Path.Combine(AppContext.BaseDirectory, "silo", Assembly + ".dll");
        if (!File.Exists(path))
        {
            await error.WriteLineAsync(
                $"silo: '{path}' is missing: the cluster is not part of this package. Build it in a checkout: "
                    + "dotnet build -c Release src/McpLongContext.Distributed"
            );
            return CommandLine.Failed;
        }

        var arguments = parsed.Tokens.Select(token => token.Value).ToList();
        arguments.Remove("silo");
        arguments.Remove("--");
        return await EntryOf(path)([.. arguments], output, error, cancellation);
    }

    private static Func<string[], TextWriter, TextWriter, CancellationToken, Task<int>> EntryOf(string path)
    {
        var resolver = new AssemblyDependencyResolver(path);
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            resolver.ResolveAssemblyToPath(name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        return AssemblyLoadContext
            .Default.LoadFromAssemblyPath(path)
            .GetType(EntryType, throwOnError: true)!
            .GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static)!
            .CreateDelegate<Func<string[], TextWriter, TextWriter, CancellationToken, Task<int>>>();
    }
}
