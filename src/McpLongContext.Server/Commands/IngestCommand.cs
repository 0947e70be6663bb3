using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Ingestion;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Commands;

/// <summary>Ingests files and directories.</summary>
internal sealed class IngestCommand : ServiceCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Files and directories.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _datastore = CommonOptions.Datastore(
        "The datastore to store in; created when missing."
    );

    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "Wait until everything is encoded; otherwise about 20 seconds.",
    };

    private readonly Option<bool> _watch = new("--watch")
    {
        Description = "Stay and ingest changes as they happen; Ctrl+C ends it.",
    };

    private readonly Option<MemoryKind> _memory = CommonOptions.Memory(
        "unlimiformer, infini: also build the memory that a chat model reads the whole datastore by."
    );

    public IngestCommand(GlobalOptions global)
        : base("ingest", "Ingest files and directories; unchanged content is skipped.", global)
    {
        Arguments.Add(_paths);
        Options.Add(_datastore);
        Options.Add(_wait);
        Options.Add(_watch);
        Options.Add(_memory);
    }

    /// <inheritdoc/>
    protected override LongContextOptions Adapt(LongContextOptions options, ParseResult parsed) =>
        options with
        {
            AllowedRoots = [.. options.AllowedRoots, .. PathsOf(parsed).SelectMany(RootsOf)],
            ResumeEncoding = parsed.GetValue(_watch),
        };

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var wait = call.Parsed.GetValue(_wait);
        var request = new IngestRequest
        {
            Paths = PathsOf(call.Parsed),
            Datastore = call.Parsed.GetValue(_datastore)!,
            Memory = call.Parsed.GetValue(_memory),
            Watch = call.Parsed.GetValue(_watch) ? true : null,
            Wait = wait ? null : new IngestRequest().Wait,
        };
        var display = IngestDisplay.Create(call.Parsed.InvocationConfiguration.Error, TimeProvider.System);
        var report = await display.ShowAsync(() => call.Get<Ingestor>().IngestAsync(request, display, cancellation));
        await call.WriteAsync(report, IngestText.Render);
        if (call.Parsed.GetValue(_watch) && report.State is not (IngestState.Failed or IngestState.Cancelled))
        {
            return await WatchAsync(call, request.Datastore, cancellation);
        }

        if (report.State == IngestState.Indexing)
        {
            await call.TellAsync(
                "Not everything is read yet, and reading stops with this command; what is stored stays. "
                    + "Run it again with --wait to finish."
            );
        }
        else if (report.State == IngestState.Encoding)
        {
            await call.TellAsync(
                $"{IngestText.Count(report.PendingDocuments, "document")} are searchable lexically only so far; "
                    + "encoding stops with this command. Run it again with --wait to finish."
            );
        }
        else if (report is { State: IngestState.Memorizing, Memory: { } memory })
        {
            await call.TellAsync(
                $"{memory.Tokens:N0} of {memory.TotalTokens:N0} tokens are in the memory so far; it stops with this "
                    + "command. Run it again with --wait to finish."
            );
        }

        return report.State switch
        {
            IngestState.Failed => CommandLine.Failed,
            IngestState.Cancelled => CommandLine.Interrupted,
            _ => CommandLine.Done,
        };
    }

    /// <summary>Follows the sources until the user ends it; what was stored stays.</summary>
    private static async Task<int> WatchAsync(Call call, string datastore, CancellationToken cancellation)
    {
        var keeper = call.Get<FreshnessKeeper>();
        var error = call.Parsed.InvocationConfiguration.Error;
        var noted = (string?)null;
        keeper.Watch(datastore, report => error.WriteLine(IngestText.Watched(report)));
        await call.TellAsync("Watching; Ctrl+C ends it.");
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(s_look, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (keeper.WatchNote(datastore) is { } note && note != noted)
            {
                await call.TellAsync(note);
                noted = note;
            }
        }

        return CommandLine.Done;
    }

    private string[] PathsOf(ParseResult parsed) => [.. parsed.GetValue(_paths)!.Select(FileUri.ToPath)];

    private static string NearestDirectory(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        return Directory.Exists(directory) ? directory : NearestDirectory(directory);
    }

    // Roots are directories: a file brings its own, and that of the file that it is a link to.
    private static IEnumerable<string> RootsOf(string path)
    {
        if (path.Length == 0)
        {
            throw new ContextException("PATH: empty; name a file or a directory.");
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            return [full];
        }

        if (!File.Exists(full))
        {
            // It may have been ingested before it vanished; the service knows, and says so where it was not.
            return [NearestDirectory(full)];
        }

        try
        {
            var target = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
            return [Path.GetDirectoryName(full)!, Path.GetDirectoryName(target)!];
        }
        catch (IOException error)
        {
            throw new ContextException(
                $"PATH: '{path}' cannot be resolved: {error.Message} Name the file itself.",
                error
            );
        }
    }
}
