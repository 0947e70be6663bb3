using System.Diagnostics;
using System.Text.Json;
using McpLongContext.Inference.Models;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>A data folder of our server for one measurement, with the installed models of this machine in it.</summary>
internal sealed class Home : IDisposable
{
    private const string Models = "models";

    private static readonly string s_program = Path.Combine(
        Repository.Root,
        "src/McpLongContext.Server/bin/Release/net10.0/mcp-long-context.dll"
    );

    private readonly bool _isTemporary;
    private readonly bool _hasModels;

    private Home(string folder, bool isTemporary, bool hasModels) =>
        (Folder, _isTemporary, _hasModels) = (folder, isTemporary, hasModels);

    public string Folder { get; }

    public static Home Create()
    {
        var models = Path.GetDirectoryName(new ModelStore().EnsureDefaultEncoderAsync().GetAwaiter().GetResult())!;
        var home = WithoutModels();
        Directory.CreateSymbolicLink(Path.Combine(home.Folder, Models), models);
        return new Home(home.Folder, isTemporary: true, hasModels: true);
    }

    /// <summary>One in which everything works by the lexical index alone.</summary>
    public static Home WithoutModels() =>
        new(
            Directory.CreateTempSubdirectory("mcp-long-context-benchmark").FullName,
            isTemporary: true,
            hasModels: false
        );

    /// <summary>One that is there and stays.</summary>
    public static Home At(string folder) => new(Path.GetFullPath(folder), isTemporary: false, hasModels: true);

    /// <summary>A call of our command line, ready to start.</summary>
    public ProcessStartInfo Command(params string[] arguments)
    {
        if (!File.Exists(s_program))
        {
            throw new InvalidOperationException($"'{s_program}' is missing: dotnet build -c Release");
        }

        var start = new ProcessStartInfo("dotnet", [s_program, .. arguments, "--home", Folder])
        {
            WorkingDirectory = Folder,
        };
        if (!_hasModels)
        {
            start.Environment["MCP_LONG_CONTEXT_INSTALL_DEFAULT_ENCODER"] = "false";
        }

        return start;
    }

    /// <summary>Runs a command; returns what it took and its JSON.</summary>
    public (ProgramRun Run, JsonElement Result) Run(params string[] arguments)
    {
        var run = ProgramRun.Of(Command([.. arguments, "--json"]));
        return (run, JsonDocument.Parse(run.Output).RootElement);
    }

    public void Dispose()
    {
        if (_isTemporary)
        {
            File.Delete(Path.Combine(Folder, Models));
            Directory.Delete(Folder, recursive: true);
        }
    }
}
