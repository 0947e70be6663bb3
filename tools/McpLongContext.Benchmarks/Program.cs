using McpLongContext.Benchmarks;
using McpLongContext.Benchmarks.Kernels;

var output = Console.Out;
switch (args)
{
    case ["kernels"]:
        output.WriteLine(Machine.Describe());
        KernelBenchmark.Run(output);
        SearchBenchmark.Run(output);
        return 0;
    default:
        Console.Error.WriteLine("usage: McpLongContext.Benchmarks kernels");
        return 2;
}
