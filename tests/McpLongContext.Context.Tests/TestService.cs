using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests;

/// <summary>The real service over a home of the test's own, with the models that the user's home has.</summary>
internal static class TestService
{
    public static LongContextService Create(string sandbox, string root) =>
        new(
            new LongContextOptions
            {
                Home = Path.Combine(sandbox, "home"),
                Models = LongContextHome.Models,
                WorkingDirectory = root,
                AllowedRoots = [root],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
}
