namespace McpLongContext.Context.Contracts;

/// <summary>The settings of Unlimiformer that are in force; a change holds from the next call on.</summary>
/// <param name="options">The settings at the start.</param>
internal sealed class CurrentUnlimiformer(UnlimiformerOptions options)
{
    private volatile UnlimiformerOptions _options = options;

    /// <summary>The settings.</summary>
    public UnlimiformerOptions Options
    {
        get => _options;
        set => _options = value;
    }
}
