namespace McpLongContext.EndToEnd.Conformance;

/// <summary>The smallest image and sound.</summary>
internal static class FixtureData
{
    /// <summary>A PNG of one pixel.</summary>
    public static byte[] Image { get; } =
        Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
        );

    /// <summary>A WAV without samples.</summary>
    public static byte[] Audio { get; } =
        Convert.FromBase64String("UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=");
}
