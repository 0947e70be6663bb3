using McpLongContext.Context.Contracts;
using McpLongContext.EndToEnd.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>The service in the test's own process, over the data of a server: to look at what a process left.</summary>
internal static class OpenService
{
    /// <summary>Opens the service.</summary>
    /// <param name="home">The server's data.</param>
    /// <param name="tree">The documents, all that it may read.</param>
    public static LongContextService Over(ServerHome home, ChangingTree tree) =>
        new(
            new LongContextOptions
            {
                Home = home.Folder,
                WorkingDirectory = tree.Root,
                AllowedRoots = [tree.Root],
                InstallDefaultEncoder = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
}
