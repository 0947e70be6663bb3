using System.Globalization;

namespace McpLongContext.Tests.Shared;

/// <summary>
/// How long the reliability tests run. They are short by default, as continuous integration has them;
/// <c>MCP_LONG_CONTEXT_TEST_SCALE=100</c> runs a hundred times as many steps of the same.
/// </summary>
internal static class Scale
{
    private const string Variable = "MCP_LONG_CONTEXT_TEST_SCALE";

    private static readonly double s_factor = double.Parse(
        Environment.GetEnvironmentVariable(Variable) ?? "1",
        CultureInfo.InvariantCulture
    );

    /// <summary>A number of steps.</summary>
    public static int Of(int steps) => (int)Math.Max(1, steps * s_factor);

    /// <summary>A duration.</summary>
    public static TimeSpan Of(TimeSpan duration) => duration * s_factor;
}
