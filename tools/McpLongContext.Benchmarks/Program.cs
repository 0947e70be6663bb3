using McpLongContext.Benchmarks;
using McpLongContext.Benchmarks.Kernels;
using McpLongContext.Benchmarks.Retrieval;

var output = Console.Out;
switch (args)
{
    case ["kernels"]:
        output.WriteLine(Machine.Describe());
        KernelBenchmark.Run(output);
        SearchBenchmark.Run(output);
        return 0;
    case ["score", var questions, var predictions, .. var category] when category.Length < 2:
        RetrievalScore.Run(questions, predictions, category is [var only] ? only : null, output);
        return 0;
    default:
        Console.Error.WriteLine("usage: McpLongContext.Benchmarks kernels | score QUESTIONS PREDICTIONS [CATEGORY]");
        return 2;
}
