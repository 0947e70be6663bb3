using System.Reflection.PortableExecutable;

namespace McpLongContext.Architecture.Tests;

/// <summary>
/// Which folders of a project use which, as the compiler wrote it down: every reference of a built assembly from a type to
/// another, in signatures, attributes and method bodies. Constants leave no trace in an assembly; those that are used
/// across folders are found by the <c>using</c> directives of the sources. A folder and its subfolders are one room: they may
/// use each other, and a cycle is one among the subfolders of the same folder.
/// </summary>
internal sealed class FolderGraph
{
    private readonly string _root;
    private readonly HashSet<(string From, string To, string Why)> _uses = [];

    private FolderGraph(string root) => _root = root;

    /// <summary>The graph of a project below <c>src</c>, from its assembly beside the tests and its sources.</summary>
    public static FolderGraph Of(string project)
    {
        var graph = new FolderGraph(project);
        using var image = new PEReader(File.OpenRead(AssemblyOf(project)));
        foreach (var (from, to) in new TypeReferences(image).All())
        {
            graph._uses.Add((from.Namespace, to.Namespace, $"{from.Name} -> {to.Name}"));
        }

        foreach (var (file, from, to) in SourceFile.Usings(project))
        {
            graph._uses.Add((from, to, $"{file}: using {to}"));
        }

        return graph;
    }

    /// <summary>Every cycle among the subfolders of any folder, each with a reference for every step; none in a good house.</summary>
    public IEnumerable<string> Cycles()
    {
        var namespaces = _uses
            .SelectMany(use => new[] { use.From, use.To })
            .Where(name => name == _root || name.StartsWith($"{_root}.", StringComparison.Ordinal))
            .SelectMany(WithParents)
            .ToHashSet(StringComparer.Ordinal);
        return namespaces.Order(StringComparer.Ordinal).SelectMany(CyclesIn);
    }

    private IEnumerable<string> WithParents(string name)
    {
        for (; name.Length >= _root.Length; name = name[..Math.Max(0, name.LastIndexOf('.'))])
        {
            yield return name;
        }
    }

    private IEnumerable<string> CyclesIn(string folder)
    {
        var edges = _uses
            .Select(use => (From: Child(folder, use.From), To: Child(folder, use.To), use.Why))
            .Where(edge => edge.From is not null && edge.To is not null && edge.From != edge.To)
            .GroupBy(edge => (From: edge.From!, To: edge.To!))
            .ToDictionary(group => group.Key, group => group.First().Why);
        var nodes = edges.Keys.SelectMany(edge => new[] { edge.From, edge.To }).Distinct().ToList();
        foreach (var component in Components(nodes, edges.Keys).Where(component => component.Count > 1))
        {
            var steps = edges
                .Where(edge => component.Contains(edge.Key.From) && component.Contains(edge.Key.To))
                .OrderBy(edge => edge.Key)
                .Select(edge => $"  {edge.Key.From} -> {edge.Key.To}: {edge.Value}");
            yield return $"{folder}\n{string.Join('\n', steps)}";
        }
    }

    private static string? Child(string folder, string name) =>
        name.StartsWith($"{folder}.", StringComparison.Ordinal) ? name[(folder.Length + 1)..].Split('.')[0] : null;

    /// <summary>The sets of nodes that reach each other.</summary>
    private static List<HashSet<string>> Components(List<string> nodes, IEnumerable<(string From, string To)> edges)
    {
        var next = edges.ToLookup(edge => edge.From, edge => edge.To);
        var reached = nodes.ToDictionary(node => node, node => Reach(node, next));
        return
        [
            .. nodes
                .Select(node => reached[node].Where(other => reached[other].Contains(node)).Append(node).ToHashSet())
                .DistinctBy(component => string.Join(' ', component.Order(StringComparer.Ordinal))),
        ];
    }

    private static HashSet<string> Reach(string start, ILookup<string, string> next)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(next[start]);
        while (waiting.TryPop(out var node))
        {
            if (reached.Add(node))
            {
                foreach (var further in next[node])
                {
                    waiting.Push(further);
                }
            }
        }

        return reached;
    }

    // Training brings libtorch, which the tests need not copy: its assembly is read where it is built.
    private static string AssemblyOf(string project) =>
        project switch
        {
            "McpLongContext.Distributed" => OurAssemblies.Silo,
            "McpLongContext.Server" => Path.Combine(AppContext.BaseDirectory, "mcp-long-context.dll"),
            "McpLongContext.Training" => Path.Combine(
                Repository.Root,
                "src",
                project,
                "bin",
                new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
                new DirectoryInfo(AppContext.BaseDirectory).Name,
                "mcp-long-context-train.dll"
            ),
            _ => Path.Combine(AppContext.BaseDirectory, $"{project}.dll"),
        };
}
