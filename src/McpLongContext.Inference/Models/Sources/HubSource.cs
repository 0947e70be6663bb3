using System.Net;
using System.Net.Sockets;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// A repository of the model hub. Every file is fetched at one commit, resumed where a connection breaks, within one
/// run and across runs.
/// </summary>
/// <param name="model">The repository, as the user or the catalog names it.</param>
/// <param name="cataloged">The catalog's entry, which pins commit and checksums where it lists files; null for a
/// repository named freely.</param>
/// <param name="options">Address, token, timeouts.</param>
internal sealed class HubSource(HubReference model, ModelEntry? cataloged, ModelStoreOptions options) : IModelSource
{
    private const int MaxFailuresInARow = 3;

    public string Name => cataloged?.Name ?? model.ModelName;

    public bool IsSatisfiedBy(ModelEntry installed) =>
        cataloged?.HasSameContentAs(installed) ?? (model.Revision is null || installed.Source == model.ToString());

    public async Task<ModelEntry> DescribeAsync(CancellationToken cancellation)
    {
        if (cataloged is { Files.Count: > 0 })
        {
            return cataloged;
        }

        using var hub = new HubClient(options);
        var repository = await RetryAsync(() => hub.DescribeAsync(model, cancellation), cancellation);
        var siblings = repository.Siblings.ToDictionary(file => file.RFilename, StringComparer.Ordinal);
        var origin = HubReference.Prefix + model.Repository;
        var pinned = model with { Revision = repository.Sha };
        var isNamed = model.File is not null || model.Quantization is not null;
        var index =
            !isNamed && NamedIndex.Choose(siblings.Keys, origin) is { } name
                ? NamedIndex.Parse(
                    name,
                    await RetryAsync(() => hub.ReadAsync(pinned, name, cancellation), cancellation)
                )
                : null;
        var files = NeededFiles.Select(siblings.Keys, model.File, model.Quantization, origin, index);
        return new ModelEntry(Name, pinned.ToString(), [.. files.Select(name => Describe(siblings[name]))])
        {
            Purpose = cataloged?.Purpose ?? repository.Purpose,
            License = cataloged?.License ?? repository.Tags?.FirstOrDefault(IsLicense)?["license:".Length..],
            Languages = cataloged?.Languages,
        };
    }

    public async Task FetchAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        using var hub = new HubClient(options);
        var pinned = HubReference.Parse(entry.Source);
        long done = 0;
        foreach (var file in entry.Files)
        {
            await FetchAsync(hub, pinned, file, folder, Report, cancellation);
            done += file.Size;

            void Report(long length) =>
                progress?.Report(new ModelProgress(ModelPhase.Downloading, done + length, entry.Size));
        }
    }

    private async Task FetchAsync(
        HubClient hub,
        HubReference pinned,
        ModelFile file,
        string folder,
        Action<long> onLength,
        CancellationToken cancellation
    )
    {
        var target = Path.Combine(folder, file.Name);
        if (File.Exists(target))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var partialPath = target + ".partial";
        var partial = new FileStream(partialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0, true);
        await using (partial)
        {
            while (partial.Length < file.Size)
            {
                await RetryAsync(
                    async () =>
                    {
                        await hub.DownloadAsync(pinned, file.SourcePath, partial, onLength, cancellation);
                        return true;
                    },
                    cancellation,
                    () => partial.Length
                );
            }
        }

        File.Move(partialPath, target);
    }

    /// <summary>
    /// Repeats what fails for a passing reason, until it fails several times without getting any further.
    /// </summary>
    private async Task<T> RetryAsync<T>(
        Func<Task<T>> action,
        CancellationToken cancellation,
        Func<long>? position = null
    )
    {
        for (var failures = 0; ; )
        {
            var before = position?.Invoke();
            try
            {
                return await action();
            }
            catch (Exception e) when (IsPassing(e, cancellation))
            {
                failures = position?.Invoke() > before ? 1 : failures + 1;
                if (failures >= MaxFailuresInARow)
                {
                    throw Unreachable(e);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(250 << failures), options.Time, cancellation);
            }
        }
    }

    private static bool IsPassing(Exception exception, CancellationToken cancellation) =>
        exception switch
        {
            OperationCanceledException => !cancellation.IsCancellationRequested, // silence
            HttpRequestException { StatusCode: { } status } => status
                is HttpStatusCode.RequestTimeout
                    or HttpStatusCode.TooManyRequests
                    or >= HttpStatusCode.InternalServerError,
            HttpRequestException => true,
            HttpIOException or IOException { InnerException: SocketException } => true,
            _ => false,
        };

    private ModelException Unreachable(Exception cause)
    {
        var reason =
            cause is OperationCanceledException
                ? $"no answer within {options.StallTimeout.TotalSeconds:0} s"
                : cause.Message;
        return new ModelException(
            $"The model hub {options.HubEndpoint} cannot be reached: {reason}. Check the network, or set HF_ENDPOINT to "
                + "a mirror, and run the command again: it resumes. Without a network, install from a local folder.",
            cause
        );
    }

    private static ModelFile Describe(HubFile file) =>
        file.Lfs is { } large
            ? new ModelFile(file.RFilename, large.Size) { Sha256 = large.Sha256 }
            : new ModelFile(
                file.RFilename,
                file.Size
                    ?? throw new ModelException(
                        $"The hub gives no size for {file.RFilename}, so it cannot be verified."
                    )
            )
            {
                GitBlob = file.BlobId,
            };

    private static bool IsLicense(string tag) => tag.StartsWith("license:", StringComparison.Ordinal);
}
