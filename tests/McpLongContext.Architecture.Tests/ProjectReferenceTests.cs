using System.Xml.Linq;

namespace McpLongContext.Architecture.Tests;

public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Kernels"] = [],
        ["Kernels.Gpu"] = ["Kernels"],
        ["Bits"] = [],
        ["Inference"] = ["Kernels"],
        ["Storage"] = ["Kernels"],
        ["LongAttention"] = ["Inference", "Storage"],
        ["Documents"] = [],
        ["Context"] = ["LongAttention", "Documents", "Bits"],
        ["Training"] = ["Context"],
        ["Dashboard"] = ["Context"],
        ["Server"] = ["Context", "Dashboard", "Kernels.Gpu"],
        ["Distributed"] = ["Server"],
    };

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_architecture_allows(string project)
    {
        var name = project["McpLongContext.".Length..];
        Assert.True(s_allowed.ContainsKey(name), $"{project} is not part of the architecture.");

        var references = Load(project)
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
            .Select(reference => reference["McpLongContext.".Length..]);

        Assert.Empty(references.Except(s_allowed[name]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Unsafe_code_lives_in_the_kernels_alone(string project)
    {
        var isUnsafe = Load(project).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true");

        Assert.True(!isUnsafe || project == "McpLongContext.Kernels", $"{project} allows unsafe code.");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_has_its_mirror_among_the_tests(string project) =>
        Assert.True(Directory.Exists(Path.Combine(Repository.Root, "tests", project + ".Tests")));

    private static XDocument Load(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
}
