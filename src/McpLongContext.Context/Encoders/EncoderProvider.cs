using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Encoders;

/// <summary>
/// Gives the encoder to whoever needs it: loaded once, when it is first needed; installed first where an ingest
/// may do that. Without an encoder everything works by the lexical index alone.
/// </summary>
/// <param name="models">The installed models.</param>
/// <param name="precision">The arithmetic.</param>
/// <param name="installs">Whether an ingest may install it.</param>
/// <param name="chosen">The name of the encoder; <see langword="null"/>: the default one.</param>
internal sealed class EncoderProvider(ModelStore models, Precision precision, bool installs, string? chosen)
    : IDisposable
{
    private const int UsualWindow = 512;

    private readonly SemaphoreSlim _gate = new(1);
    private LoadedEncoder? _encoder;

    /// <summary>
    /// The key of the encoder's embeddings, without loading it; <see langword="null"/> when it is not installed.
    /// </summary>
    public string? Key => Installed is { } model ? LoadedEncoder.KeyOf(model, precision) : null;

    /// <summary>The longest input, in tokens; without an encoder, that of the usual ones.</summary>
    public int Window =>
        Installed is not { } model
            ? UsualWindow
            : PositionFile.Read(model.Folder)?.Length
                ?? BertConfig.Load(Path.Combine(model.Folder, BertConfig.FileName)).MaxPositions;

    private InstalledModel? Installed =>
        models.List().FirstOrDefault(model => model.Name.Equals(Name, StringComparison.OrdinalIgnoreCase));

    private string Name => chosen ?? models.Catalog.DefaultEncoder.Name;

    /// <summary>The encoder, when it is installed.</summary>
    public async Task<LoadedEncoder?> FindAsync(CancellationToken cancellation)
    {
        if (_encoder is { IsCurrent: true } loaded)
        {
            return loaded;
        }

        await _gate.WaitAsync(cancellation);
        try
        {
            return _encoder = _encoder switch
            {
                { IsCurrent: true } current => current,
                { } outdated => outdated.Renew(),
                null when Installed is { } model => await Task.Run(
                    () => new LoadedEncoder(model, precision, models.Catalog.LanguagesOf(model.Entry)),
                    cancellation
                ),
                null => null,
            };
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The encoder, installed first where it is missing.</summary>
    /// <exception cref="ModelException">
    /// The encoder is missing and cannot be installed; the message says what to do.
    /// </exception>
    public async Task<LoadedEncoder> RequireAsync(IProgress<ModelProgress>? progress, CancellationToken cancellation)
    {
        if (await FindAsync(cancellation) is { } loaded)
        {
            return loaded;
        }

        if (!installs)
        {
            throw new ModelException(
                "no encoder is installed: run `mcp-long-context models install`, then ingest again."
            );
        }

        if (chosen is not null && models.Catalog.Find(chosen) is null)
        {
            throw new ModelException(
                $"encoder: no model '{chosen}' is installed: run `mcp-long-context models install`, which takes hf:ORG/REPO, "
                    + "or correct the setting; `mcp-long-context models list` shows the names."
            );
        }

        await models.InstallAsync(Name, progress, cancellation);
        return (await FindAsync(cancellation))!;
    }

    public void Dispose()
    {
        _encoder?.Dispose();
        _gate.Dispose();
    }
}
