namespace McpLongContext.Architecture.Tests;

/// <summary>The folders of a project are rooms: each stands on others, none on itself in a round.</summary>
public sealed class FolderTests
{
    public static TheoryData<string> Projects => ProjectReferenceTests.Projects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_of_a_project_form_no_cycle(string project)
    {
        var cycles = FolderGraph.Of(project).Cycles().ToList();

        Assert.True(cycles.Count == 0, string.Join("\n\n", cycles));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_namespace_follows_its_folder(string project)
    {
        var strays = SourceFile
            .Of(project)
            .Where(file => file.Declared is not null && file.Declared != file.Namespace)
            .Select(file => $"{file.Path} declares {file.Declared}");

        Assert.Empty(strays);
    }
}
