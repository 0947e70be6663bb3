using System.Reflection;
using System.Text.RegularExpressions;

namespace McpLongContext.Architecture.Tests;

/// <summary>The product's assemblies, beside this one.</summary>
internal static partial class OurAssemblies
{
    public static IReadOnlyList<Assembly> All { get; } =
    [
        .. Directory
            .GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => Ours().IsMatch(Path.GetFileName(file)))
            .Order(StringComparer.Ordinal)
            .Select(Assembly.LoadFrom),
    ];

    public static Assembly Load(string name) => All.Single(assembly => assembly.GetName().Name == name);

    [GeneratedRegex(@"^(McpLongContext\.\w+(\.Gpu)?|mcp-long-context)\.dll$")]
    private static partial Regex Ours();
}
