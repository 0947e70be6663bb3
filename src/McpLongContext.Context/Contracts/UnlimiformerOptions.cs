using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;

namespace McpLongContext.Context.Contracts;

/// <summary>
/// How generative models read more than their window through retrieval attention, under the names of Unlimiformer's own
/// settings. Off unless a call asks for it. Validated once, never changed.
/// </summary>
public sealed record UnlimiformerOptions
{
    /// <summary>The processor, among the names of devices.</summary>
    public const string Processor = "cpu";

    /// <summary>The device that computes where one is asked for and none is named.</summary>
    private const string FirstDevice = "cuda:0";

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
    /// Whether the keys that a datastore keeps are held and scanned on <see cref="DatastoreDevice"/>; in force from the
    /// next start on.
    /// </summary>
    public bool GpuDatastore { get; init; }

    /// <summary>
    /// Whether embeddings are held and scanned on <see cref="IndexDevices"/>; in force from the next start on.
    /// </summary>
    public bool GpuIndex { get; init; }

    /// <summary>The device that holds keys.</summary>
    public string DatastoreDevice { get; init; } = Processor;

    /// <summary>The devices that hold embeddings, divided among them by segments.</summary>
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

    /// <summary>The devices that hold and scan embeddings; none: the processor does.</summary>
    public IReadOnlyList<string> ScanDevices =>
        !GpuIndex ? []
        : IndexDevices.Where(device => device != Processor).ToArray() is { Length: > 0 } named ? named
        : [FirstDevice];

    /// <summary>The device that holds and scans keys; <see langword="null"/>: the processor does.</summary>
    public string? KeyDevice =>
        !GpuDatastore ? null
        : DatastoreDevice == Processor ? FirstDevice
        : DatastoreDevice;

    /// <summary>Settings without effect, a sentence each.</summary>
    public IReadOnlyList<string> Warnings =>
        [
            .. WithoutEffect("index_devices", GpuIndex ? [] : IndexDevices, "gpu_index"),
            .. WithoutEffect("datastore_device", GpuDatastore ? [] : [DatastoreDevice], "gpu_datastore"),
        ];

    private static IEnumerable<string> WithoutEffect(string key, IEnumerable<string> devices, string condition) =>
        devices
            .Where(device => device != Processor)
            .Select(device =>
                $"Unlimiformer:{key}: {device} is not used while {condition} is off; the processor computes instead."
            );
}
