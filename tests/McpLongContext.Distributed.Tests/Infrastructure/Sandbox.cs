namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A folder that goes with its test, after what runs in it.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mcp-long-context-").FullName;

    public Sandbox() => Directory.CreateDirectory(Work);

    /// <summary>The home of silos and datastores.</summary>
    public string Home => Path.Combine(_path, "home");

    /// <summary>The working directory.</summary>
    public string Work => Path.Combine(_path, "work");

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
