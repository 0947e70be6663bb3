using System.Globalization;
using McpLongContext.Context.Contracts;
using McpLongContext.LongAttention.Unlimiformer.Reading;

namespace McpLongContext.Dashboard.Settings;

/// <summary>A setting of the section Unlimiformer.</summary>
/// <param name="Key">The key in the configuration.</param>
/// <param name="Name">The name on the page.</param>
/// <param name="Effect">The effect, a sentence or two.</param>
/// <param name="Read">The value in options, as the configuration writes it; empty for none.</param>
public sealed record Setting(string Key, string Name, string Effect, Func<UnlimiformerOptions, string> Read)
{
    /// <summary>All settings.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Switch(
            "enabled",
            "Unlimited context (Unlimiformer)",
            "Where a call writes by an instruction and does not say what the model reads, the model reads all documents "
                + "through retrieval attention, not its window alone.",
            options => options.Enabled
        ),
        new(
            "mode",
            "Reading mode",
            "How retrieved spans reach the model: reread puts their text into the window, heads gives their stored keys "
                + "and values to the retrieval heads, per_layer lets every upper layer search by itself.",
            options => options.Mode
        )
        {
            Choices = [.. ReadingModes.All.Select(mode => mode.Name)],
        },
        new(
            "layer_begin",
            "First layer that reads",
            "The first layer, from 0, that reads from token memory; empty: the layer of the retrieval heads. Lower ones "
                + "store more and search longer.",
            options => Number(options.LayerBegin)
        )
        {
            Least = 0,
        },
        new(
            "context_window_size",
            "Window",
            "Tokens that spans, prompt and answer share; empty: the model's own window. Smaller is faster.",
            options => Number(options.ContextWindowSize)
        )
        {
            Least = 1,
        },
        Switch(
            "knn",
            "Retrieve (kNN)",
            "Whether anything is retrieved; off, the model reads the end of the texts as far as its window goes.",
            options => options.Knn
        ),
        Switch(
            "use_datastore",
            "Use stored keys",
            "Whether the keys that a datastore keeps are read; off, texts are encoded anew for each call.",
            options => options.UseDatastore
        ),
        Switch(
            "gpu_datastore",
            "Keys on a graphics processor",
            "Holds and scans a datastore's keys on a CUDA device, from the next start on; without one the processor does.",
            options => options.GpuDatastore
        ),
        Switch(
            "gpu_index",
            "Search on a graphics processor",
            "Holds and scans embeddings on CUDA devices, from the next start on; without one the processor does.",
            options => options.GpuIndex
        ),
        new(
            "datastore_device",
            "Device of the keys",
            "The device that holds keys: cuda:0, cuda:1; cpu stands for the first.",
            options => options.DatastoreDevice
        ),
        new(
            "index_devices",
            "Devices of the search",
            "The devices that hold embeddings, with commas between them; cpu stands for the first.",
            options => string.Join(", ", options.IndexDevices)
        ),
        new(
            "eval_max_source_length",
            "Longest text of a call",
            "The most tokens that are encoded for one call; what a datastore keeps is read whole.",
            options => Number(options.EvalMaxSourceLength)
        )
        {
            Least = 1,
        },
    ];

    /// <summary>Whether the value is true or false.</summary>
    public bool IsSwitch { get; private init; }

    /// <summary>The values to choose from; none where any is allowed.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>The least number; <see langword="null"/> where the value is no number.</summary>
    public int? Least { get; private init; }

    /// <summary>The default in words.</summary>
    public string Default => Read(new UnlimiformerOptions()) is { Length: > 0 } value ? value : "empty";

    private static Setting Switch(string key, string name, string effect, Func<UnlimiformerOptions, bool> read) =>
        new(key, name, effect, options => read(options) ? "true" : "false") { IsSwitch = true };

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
