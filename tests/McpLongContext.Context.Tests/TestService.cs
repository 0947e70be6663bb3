using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests;

/// <summary>The real service over a home of the test's own, with the models that the user's home has.</summary>
internal static class TestService
{
    /// <summary>Opens the service.</summary>
    /// <param name="sandbox">Holds the home.</param>
    /// <param name="root">The working directory and only allowed root.</param>
    /// <param name="encodes">Whether there is an encoder; without one everything works by the lexical index.</param>
    public static LongContextService Create(string sandbox, string root, bool encodes = true) =>
        new(
            new LongContextOptions
            {
                Home = Path.Combine(sandbox, "home"),
                Models = encodes ? LongContextHome.Models : null,
                InstallDefaultEncoder = encodes,
                WorkingDirectory = root,
                AllowedRoots = [root],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
}
