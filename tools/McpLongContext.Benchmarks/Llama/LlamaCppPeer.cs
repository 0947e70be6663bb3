using System.Diagnostics;
using System.Text.Json;

namespace McpLongContext.Benchmarks.Llama;

/// <summary>A process that runs a GGUF file with llama.cpp.</summary>
internal sealed class LlamaCppPeer : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly Process _process;

    private LlamaCppPeer(Process process)
    {
        _process = process;
        LoadSeconds = Read<double>();
    }

    public double LoadSeconds { get; }

    public ResidentMemory Memory => ResidentMemory.Of(_process.Id);

    private static string Folder => Path.Combine(Repository.Peers, "llama-cpp");

    private static string Packages => Path.Combine(Folder, "node_modules");

    /// <summary>Starts the process, and installs it first where it is missing.</summary>
    /// <param name="model">The file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="window">Tokens of the context.</param>
    /// <param name="options">Further options of the context, as node-llama-cpp names them: a JSON object.</param>
    public static LlamaCppPeer Start(string model, int threads, int window, string options = "{}")
    {
        Install();
        var node = Path.Combine(Packages, "node", "bin", "node");
        var start = new ProcessStartInfo(node, ["llama.mjs", model, $"{threads}", $"{window}", options])
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new LlamaCppPeer(Process.Start(start)!);
    }

    public LlamaMeasurement Measure(int[] tokens, int decoded, bool rivals = false)
    {
        _process.StandardInput.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    tokens,
                    decoded,
                    rivals,
                },
                s_json
            )
        );
        return Read<LlamaMeasurement>();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Installs node-llama-cpp, which brings llama.cpp as a program, by npm as the machine has it configured.</summary>
    private static void Install()
    {
        if (Directory.Exists(Path.Combine(Packages, "node-llama-cpp")))
        {
            return;
        }

        var npm = new ProcessStartInfo("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = Folder,
            Environment = { ["NODE_LLAMA_CPP_SKIP_DOWNLOAD"] = "true" },
        };
        using var process = Process.Start(npm)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'npm install' in {Folder} ended with {process.ExitCode}.");
        }
    }

    private T Read<T>()
    {
        var line =
            _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("llama.cpp's process ended; its error stands above.");
        return JsonSerializer.Deserialize<T>(line, s_json)!;
    }
}
