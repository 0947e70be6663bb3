using McpLongContext.Context.Contracts;
using McpLongContext.Context.Telemetry;
using McpLongContext.Inference;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;

namespace McpLongContext.Context.Decoders;

/// <summary>
/// Leases the installed generative models: one is in RAM at a time, and to one lease holder, because it takes all
/// processors and most of the RAM.
/// </summary>
internal sealed class DecoderProvider(ModelStore models, Precision precision) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private LoadedDecoder? _loaded;
    private int _waiting;

    /// <summary>The requests that wait for a model that another request leases.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether the default model holds conversations, as far as it tells without being loaded.</summary>
    public bool HasChat => FindDefault() is { } model && model.Entry.Purpose != ModelEntry.Completion;

    /// <summary>Throws when there is no model to lease.</summary>
    /// <param name="name">The model; <see langword="null"/> for the default one.</param>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    public string Require(string? name) => Choose(name).Name;

    /// <summary>
    /// Leases a model; waits while another lease holder has one, and loads it where it is not in RAM.
    /// </summary>
    /// <param name="name">
    /// The model; <see langword="null"/> for the default one: the catalog's, or else the first that holds
    /// conversations.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public async Task<DecoderLease> LeaseAsync(string? name, CancellationToken cancellation)
    {
        var installed = Choose(name);
        await WaitAsync(cancellation);
        try
        {
            ContextMeter.CountLookups("decoder", _loaded?.Key == LoadedDecoder.KeyOf(installed));
            if (_loaded?.Key != LoadedDecoder.KeyOf(installed))
            {
                _loaded?.Dispose();
                _loaded = null;
                _loaded = await Task.Run(() => LoadedDecoder.Load(installed, precision), cancellation);
            }

            _loaded.RenewPositions();
            return new DecoderLease(_loaded, _gate);
        }
        catch
        {
            _gate.Release();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        _loaded?.Dispose();
        _gate.Dispose();
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _gate.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private InstalledModel Choose(string? name) => name is null ? FindDefault() ?? throw NoDecoder() : Named(name);

    private InstalledModel? FindDefault()
    {
        var preferred = models.Catalog.Entries.FirstOrDefault(entry =>
            entry.Default && entry.Purpose == ModelEntry.Chat
        );
        return models
            .List()
            .Where(IsDecoder)
            .OrderBy(model =>
                model.Name == preferred?.Name ? 0
                : model.Entry.Purpose == ModelEntry.Completion ? 2
                : 1
            )
            .FirstOrDefault();
    }

    private static ContextException NoDecoder() =>
        new("model: no generative model is installed; run `mcp-long-context models install tinyllama-chat`.");

    private InstalledModel Named(string name)
    {
        var folder = models.Find(name);
        var installed = models.List();
        var model = installed.FirstOrDefault(one => one.Folder == folder);
        if (
            model is not null
            && model.Entry.Purpose is not (ModelEntry.Encoder or ModelEntry.EncoderDecoder or ModelEntry.Bits)
        )
        {
            return model;
        }

        var others = installed.Where(IsDecoder).Select(one => one.Name).ToList();
        throw new ContextException(
            $"model: '{name}' is "
                + (
                    model is null ? "not installed"
                    : model.Entry.Purpose == ModelEntry.EncoderDecoder ? "an encoder-decoder, which mode summarize uses"
                    : model.Entry.Purpose == ModelEntry.Bits ? "a bit model, which reads bits or a file"
                    : "an encoder, which generates nothing"
                )
                + "; "
                + (others.Count > 0 ? $"use {string.Join(" or ", others)}, or " : "")
                + "install one with `mcp-long-context models install tinyllama-chat`."
        );
    }

    /// <summary>Whether a model generates text; of one whose source does not say it, its files tell.</summary>
    private static bool IsDecoder(InstalledModel model)
    {
        if (model.Entry.Purpose is { } purpose)
        {
            return purpose is not (ModelEntry.Encoder or ModelEntry.EncoderDecoder or ModelEntry.Bits);
        }

        var config = Path.Combine(model.Folder, "config.json");
        return model.Entry.Files.Any(file => file.Name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            || (File.Exists(config) && File.ReadAllText(config).Contains("ForCausalLM", StringComparison.Ordinal));
    }
}

/// <summary>A model that nobody else uses until this is disposed.</summary>
/// <param name="decoder">The model.</param>
/// <param name="gate">Released in the end.</param>
internal sealed class DecoderLease(LoadedDecoder decoder, SemaphoreSlim gate) : IDisposable
{
    private SemaphoreSlim? _gate = gate;

    public LoadedDecoder Decoder => decoder;

    public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Release();
}
