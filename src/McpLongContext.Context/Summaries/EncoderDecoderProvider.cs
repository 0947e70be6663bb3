using McpLongContext.Context.Contracts;
using McpLongContext.Context.Telemetry;
using McpLongContext.Inference;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;

namespace McpLongContext.Context.Summaries;

/// <summary>Leases the installed encoder-decoders: one is in RAM at a time, and to one lease holder.</summary>
internal sealed class EncoderDecoderProvider(ModelStore models, Precision precision) : IAsyncDisposable
{
    private const string Remedy = "install one with `mcp-long-context models install hf:google/flan-t5-small`";

    private readonly SemaphoreSlim _gate = new(1);
    private LoadedEncoderDecoder? _loaded;

    /// <summary>Leases a model; waits while another lease holder has one, and loads it where it is not in RAM.</summary>
    /// <param name="name">The model; <see langword="null"/> for the first one that is installed.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContextException">There is no such model; the message says how to get one.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public async Task<EncoderDecoderLease> LeaseAsync(string? name, CancellationToken cancellation)
    {
        var installed = Choose(name);
        await _gate.WaitAsync(cancellation);
        try
        {
            var isLoaded = _loaded?.Key == Decoders.LoadedDecoder.KeyOf(installed);
            ContextMeter.CountLookups("encoder-decoder", isLoaded);
            if (!isLoaded)
            {
                _loaded?.Dispose();
                _loaded = null;
                _loaded = await Task.Run(() => LoadedEncoderDecoder.Load(installed, precision), cancellation);
            }

            return new EncoderDecoderLease(_loaded!, _gate);
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

    private InstalledModel Choose(string? name)
    {
        var installed = models.List();
        var usable = installed.Where(model => model.Entry.Purpose == ModelEntry.EncoderDecoder).ToList();
        if (name is null)
        {
            return usable.FirstOrDefault()
                ?? throw new ContextException(
                    $"model: mode summarize needs an encoder-decoder (T5 or BART), and none is installed; {Remedy}."
                );
        }

        var folder = models.Find(name);
        var found = installed.FirstOrDefault(model => model.Folder == folder);
        if (found?.Entry.Purpose == ModelEntry.EncoderDecoder)
        {
            return found;
        }

        var kind = found?.Entry.Purpose switch
        {
            null when found is null => "is not installed",
            ModelEntry.Encoder => "is an encoder, which writes nothing",
            ModelEntry.Bits => "is a bit model",
            _ => "is a decoder, which mode generate and mode map use; mode summarize needs an encoder-decoder",
        };
        var others = string.Join(" or ", usable.Select(model => model.Name));
        throw new ContextException($"model: '{name}' {kind}; {(others == "" ? "" : $"use {others}, or ")}{Remedy}.");
    }
}

/// <summary>A model that nobody else uses until this is disposed.</summary>
/// <param name="model">The model.</param>
/// <param name="gate">Released in the end.</param>
internal sealed class EncoderDecoderLease(LoadedEncoderDecoder model, SemaphoreSlim gate) : IDisposable
{
    private SemaphoreSlim? _gate = gate;

    public LoadedEncoderDecoder Model => model;

    public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Release();
}
