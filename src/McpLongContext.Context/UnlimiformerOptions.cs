using McpLongContext.LongAttention.Unlimiformer.Reading;

namespace McpLongContext.Context;

/// <summary>
/// How generative models read more than their window through retrieval attention, under the names of Unlimiformer's own
/// settings. Off unless a call asks for it. Validated once, never changed.
/// </summary>
public sealed record UnlimiformerOptions
{
    /// <summary>The device that everything is computed on.</summary>
    public const string Processor = "cpu";

    /// <summary>Whether long inference reads through retrieval attention where a call does not say what it wants.</summary>
    public bool Enabled { get; init; }

    /// <summary>The name of the way to read; see <see cref="ReadingModes"/>.</summary>
    public string Mode { get; init; } = ReadingModes.Default.Name;

    /// <summary>The first layer that reads from memory, from 0; null: the one that selects.</summary>
    public int? LayerBegin { get; init; }

    /// <summary>Tokens of the local window; null: what the model's window has room for.</summary>
    public int? ContextWindowSize { get; init; }

    /// <summary>Whether anything is retrieved; without it the model reads the local window alone.</summary>
    public bool Knn { get; init; } = true;

    /// <summary>Whether keys are kept in the datastore for the next call, instead of in memory for this one.</summary>
    public bool UseDatastore { get; init; } = true;

    /// <summary>Whether a graphics processor is asked to hold the keys. The processor holds them all the same.</summary>
    public bool GpuDatastore { get; init; }

    /// <summary>Whether a graphics processor is asked to search them. The processor does it all the same.</summary>
    public bool GpuIndex { get; init; }

    /// <summary>The device that is asked to hold the keys.</summary>
    public string DatastoreDevice { get; init; } = Processor;

    /// <summary>The devices that are asked to search them.</summary>
    public IReadOnlyList<string> IndexDevices { get; init; } = [Processor];

    /// <summary>The most tokens of an input that are read.</summary>
    public int EvalMaxSourceLength { get; init; } = 999_999;

    /// <summary>The way to read.</summary>
    /// <exception cref="ContextException">There is none of that name.</exception>
    public IReadingMode ReadingMode =>
        ReadingModes.Find(Mode) switch
        {
            PerLayerMode perLayer => new PerLayerMode { Plan = perLayer.Plan, LocalWindow = ContextWindowSize },
            { } mode => mode,
            null => throw new ContextException(
                $"mode: '{Mode}' is no way to read a memory; use "
                    + $"{string.Join(" or ", ReadingModes.All.Select(mode => mode.Name))}."
            ),
        };

    /// <summary>What was asked for and is done in another way, or not yet, a sentence each.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. Asked("gpu_datastore", GpuDatastore ? "true" : null),
            .. Asked("gpu_index", GpuIndex ? "true" : null),
            .. Asked("datastore_device", DatastoreDevice == Processor ? null : DatastoreDevice),
            .. Asked("index_devices", IndexDevices.FirstOrDefault(device => device != Processor)),
            .. NotTaken("enabled", Enabled, Default.Enabled),
            .. NotTaken("mode", Mode, Default.Mode),
            .. NotTaken("layer_begin", LayerBegin, Default.LayerBegin),
            .. NotTaken("context_window_size", ContextWindowSize, Default.ContextWindowSize),
            .. NotTaken("knn", Knn, Default.Knn),
            .. NotTaken("use_datastore", UseDatastore, Default.UseDatastore),
            .. NotTaken("eval_max_source_length", EvalMaxSourceLength, Default.EvalMaxSourceLength),
        ];

    private static UnlimiformerOptions Default { get; } = new();

    /// <summary>The tools read as their own arguments say; whoever sets something else is not left to believe otherwise.</summary>
    private static IEnumerable<string> NotTaken<T>(string key, T value, T otherwise)
    {
        if (!EqualityComparer<T>.Default.Equals(value, otherwise))
        {
            yield return $"Unlimiformer:{key}: {value} was set, but the tools do not take it yet; ask with their argument "
                + "memory, which reads the datastore in the mode reread.";
        }
    }

    private static IEnumerable<string> Asked(string key, string? value)
    {
        if (value is not null)
        {
            yield return $"Unlimiformer:{key}: {value} was asked for, but there is no path for graphics processors; the "
                + "processor computes instead.";
        }
    }
}
