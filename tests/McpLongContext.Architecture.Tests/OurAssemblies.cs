using System.Reflection;
using System.Text.RegularExpressions;

namespace McpLongContext.Architecture.Tests;

/// <summary>The product's assemblies, beside this one.</summary>
internal static partial class OurAssemblies
{
    /// <summary>The program of a silo, beside the server with libraries of its own.</summary>
    public static string Silo { get; } =
        Path.Combine(
            Repository.Root,
            "src/McpLongContext.Server/bin",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            new DirectoryInfo(AppContext.BaseDirectory).Name,
            "silo/mcp-long-context-silo.dll"
        );

    public static IReadOnlyList<Assembly> All { get; } =
    [
        .. Directory
            .GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => Ours().IsMatch(Path.GetFileName(file)))
            .Append(Silo)
            .Order(StringComparer.Ordinal)
            .Select(Assembly.LoadFrom),
    ];

    public static Assembly Load(string name) => All.Single(assembly => assembly.GetName().Name == name);

    [GeneratedRegex(@"^(McpLongContext\.\w+(\.Gpu)?|mcp-long-context)\.dll$")]
    private static partial Regex Ours();
}
