using McpLongContext.Training.Libtorch;
using McpLongContext.Training.Tests;
using static TorchSharp.torch;

[assembly: AssemblyFixture(typeof(LibtorchFixture))]

namespace McpLongContext.Training.Tests;

/// <summary>Loads libtorch before any test touches a tensor. Small products are slower with several threads than with one.</summary>
public sealed class LibtorchFixture
{
    public LibtorchFixture()
    {
        LibtorchRuntime.Load(TextWriter.Null);
        set_num_threads(1);
    }
}
