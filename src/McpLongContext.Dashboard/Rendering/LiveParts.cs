namespace McpLongContext.Dashboard.Rendering;

/// <summary>Parts of a page that the browser asks for again and again.</summary>
internal static class LiveParts
{
    /// <summary>Says how many milliseconds later the browser asks again.</summary>
    public const string NextHeader = "X-Next";

    private const int ActiveInterval = 500;
    private const int IdleInterval = 3000;

    /// <summary>The milliseconds until the next time.</summary>
    /// <param name="isActive">Whether something goes on.</param>
    public static string Next(bool isActive) => $"{(isActive ? ActiveInterval : IdleInterval)}";
}
