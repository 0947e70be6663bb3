using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Contracts;

/// <summary>
/// How generative models read more than their window through retrieval attention, under the names of Unlimiformer's own
/// settings. Off unless a call asks for it. Validated once, never changed.
/// </summary>
public sealed record UnlimiformerOptions
{
    /// <summary>The device that everything is computed on.</summary>
    public const string Processor = "cpu";

    /// <summary>
    /// Whether long inference that writes by an instruction reads through retrieval attention where a call does not say
    /// what it reads.
    /// </summary>
    public bool Enabled { get; init; }

    /// <summary>The name of the way to read; see <see cref="ReadingModes"/>.</summary>
    public string Mode { get; init; } = ReadingModes.Default.Name;

    /// <summary>The first layer that reads from token memory, from 0; null: the one that selects.</summary>
    public int? LayerBegin { get; init; }

    /// <summary>The window in force, in tokens, which spans, prompt and answer share; null: the model's.</summary>
    public int? ContextWindowSize { get; init; }

    /// <summary>
    /// Whether anything is retrieved; without it the model reads the end of the texts, as far as its window goes.
    /// </summary>
    public bool Knn { get; init; } = true;

    /// <summary>
    /// Whether the keys that a datastore keeps are read; otherwise texts are encoded anew for each call.
    /// </summary>
    public bool UseDatastore { get; init; } = true;

    /// <summary>
    /// Whether a graphics processor is asked to hold the keys. The processor holds them all the same.
    /// </summary>
    public bool GpuDatastore { get; init; }

    /// <summary>Whether a graphics processor is asked to search them. The processor does it all the same.</summary>
    public bool GpuIndex { get; init; }

    /// <summary>The device that is asked to hold the keys.</summary>
    public string DatastoreDevice { get; init; } = Processor;

    /// <summary>The devices that are asked to search them.</summary>
    public IReadOnlyList<string> IndexDevices { get; init; } = [Processor];

    /// <summary>The most tokens that are encoded for one call; what a datastore keeps is read whole.</summary>
    public int EvalMaxSourceLength { get; init; } = 999_999;

    /// <summary>The way to read.</summary>
    /// <exception cref="ContextException">There is none of that name.</exception>
    public IReadingMode ReadingMode =>
        ReadingModes.Find(Mode)
        ?? throw new ContextException(
            $"mode: '{Mode}' is no way to read a memory; use "
                + $"{string.Join(" or ", ReadingModes.All.Select(mode => mode.Name))}."
        );

    /// <summary>How much token memories keep of a token: what the mode reads.</summary>
    public KeyDepth Depth => Knn ? ReadingMode.Depth : KeyDepth.Selection;

    /// <summary>Settings that are honored in another way, a sentence each.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. Asked("gpu_datastore", GpuDatastore ? "true" : null),
            .. Asked("gpu_index", GpuIndex ? "true" : null),
            .. Asked("datastore_device", DatastoreDevice == Processor ? null : DatastoreDevice),
            .. Asked("index_devices", IndexDevices.FirstOrDefault(device => device != Processor)),
        ];

    private static IEnumerable<string> Asked(string key, string? value)
    {
        if (value is not null)
        {
            yield return $"Unlimiformer:{key}: {value} was asked for, but there is no path for graphics processors; the "
                + "processor computes instead.";
        }
    }
}
