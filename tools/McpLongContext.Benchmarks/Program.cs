using McpLongContext.Benchmarks;
using McpLongContext.Benchmarks.Encode;
using McpLongContext.Benchmarks.EndToEnd;
using McpLongContext.Benchmarks.Kernels;
using McpLongContext.Benchmarks.Retrieval;

const string Usage = """
    usage: McpLongContext.Benchmarks COMMAND
      kernels                                  products, attention and scans against the machine's peak
      encode                                   the encoder beside ONNX Runtime
      ingest DIR [--peer]                      a folder ingested and asked; with --peer beside mcp-local-rag
      score QUESTIONS PREDICTIONS [CATEGORY]   predictions against gold evidence
    """;

var output = Console.Out;
switch (args)
{
    case ["kernels"]:
        output.WriteLine(Machine.Describe());
        KernelBenchmark.Run(output);
        SearchBenchmark.Run(output);
        return 0;
    case ["encode"]:
        output.WriteLine(Machine.Describe());
        EncodeBenchmark.Run(output, Path.Combine(Repository.Root, "src"));
        return 0;
    case ["ingest", var folder, .. var peer] when peer is [] or ["--peer"]:
        output.WriteLine(Machine.Describe());
        IngestBenchmark.Run(output, Path.GetFullPath(folder), withPeer: peer.Length > 0);
        return 0;
    case ["score", var questions, var predictions, .. var category] when category.Length < 2:
        RetrievalScore.Run(questions, predictions, category is [var only] ? only : null, output);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
