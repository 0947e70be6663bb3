using System.Diagnostics;
using System.Text.Json;
using McpLongContext.Inference.Models;

namespace McpLongContext.Benchmarks.EndToEnd;

/// <summary>A data folder of our server for one measurement, with the installed models of this machine in it.</summary>
internal sealed class Home : IDisposable
{
    private static readonly string s_program = Path.Combine(
        Repository.Root,
        "src/McpLongContext.Server/bin/Release/net10.0/mcp-long-context.dll"
    );

    private Home(string folder) => Folder = folder;

    public string Folder { get; }

    public static Home Create()
    {
        if (!File.Exists(s_program))
        {
            throw new InvalidOperationException($"'{s_program}' is missing: dotnet build -c Release");
        }

        var models = Path.GetDirectoryName(new ModelStore().EnsureDefaultEncoderAsync().GetAwaiter().GetResult())!;
        var folder = Directory.CreateTempSubdirectory("mcp-long-context-benchmark").FullName;
        Directory.CreateSymbolicLink(Path.Combine(folder, "models"), models);
        return new Home(folder);
    }

    /// <summary>A call of our command line, ready to start.</summary>
    public ProcessStartInfo Command(params string[] arguments) =>
        new("dotnet", [s_program, .. arguments, "--home", Folder]) { WorkingDirectory = Folder };

    /// <summary>Runs a command; returns what it took and its JSON.</summary>
    public (ProgramRun Run, JsonElement Result) Run(params string[] arguments)
    {
        var run = ProgramRun.Of(Command([.. arguments, "--json"]));
        return (run, JsonDocument.Parse(run.Output).RootElement);
    }

    public void Dispose()
    {
        File.Delete(Path.Combine(Folder, "models"));
        Directory.Delete(Folder, recursive: true);
    }
}
