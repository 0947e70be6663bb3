namespace McpLongContext.LongAttention.Unlimiformer.Reading;

/// <summary>The ways to read a token memory.</summary>
public static class ReadingModes
{
    /// <summary>All of them, the default one first.</summary>
    public static IReadOnlyList<IReadingMode> All { get; } = [new RereadMode(), new HeadsMode(), new PerLayerMode()];

    /// <summary>The default one: what answers best.</summary>
    public static IReadingMode Default => All[0];

    /// <summary>The one of a name; null where there is none.</summary>
    /// <param name="name">As <see cref="IReadingMode.Name"/>.</param>
    public static IReadingMode? Find(string name) => All.FirstOrDefault(mode => mode.Name == name);
}
