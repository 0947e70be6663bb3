using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Lists datastores; its subcommands show, remove, verify, compact, back up and restore one.</summary>
internal sealed class DatastoresCommand : ServiceCommand
{
    public DatastoresCommand(GlobalOptions global)
        : this("datastores", "List, show, remove, verify, compact, back up, restore datastores.", global)
    {
        Subcommands.Add(new DatastoresCommand("list", "List the datastores (the default).", global));
        Subcommands.Add(new ShowCommand(global));
        Subcommands.Add(new RemoveCommand(global));
        Subcommands.Add(new VerifyCommand(global));
        Subcommands.Add(new CompactCommand(global));
        Subcommands.Add(new BackupCommand(global));
        Subcommands.Add(new RestoreCommand(global));
    }

    private DatastoresCommand(string name, string description, GlobalOptions global)
        : base(name, description, global) { }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        await call.WriteAsync(call.Get<DatastoreManager>().List(), DatastoreText.Render);
        return CommandLine.Done;
    }

    private static Argument<string> DatastoreName() => new("NAME") { Description = "The datastore." };

    private sealed class ShowCommand : ServiceCommand
    {
        private readonly Argument<string> _name = DatastoreName();

        public ShowCommand(GlobalOptions global)
            : base("show", "Show a datastore and its documents.", global) => Arguments.Add(_name);

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            await call.WriteAsync(
                call.Get<DatastoreManager>().Show(call.Parsed.GetValue(_name)!),
                static detail =>
                    string.Join(
                        '\n',
                        detail.Documents.Select(DatastoreText.Render).Prepend(DatastoreText.Render(detail.Summary))
                    )
            );
            return CommandLine.Done;
        }
    }

    private sealed class RemoveCommand : ServiceCommand
    {
        private readonly Argument<string> _name = DatastoreName();

        private readonly Argument<string?> _document = new("DOCUMENT")
        {
            Description = "Only this document, or the documents under this directory; left out, the whole datastore.",
            Arity = ArgumentArity.ZeroOrOne,
        };

        public RemoveCommand(GlobalOptions global)
            : base("remove", "Remove a datastore, or documents of it. Files that were ingested stay.", global)
        {
            Arguments.Add(_name);
            Arguments.Add(_document);
        }

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            var name = call.Parsed.GetValue(_name)!;
            if (call.Parsed.GetValue(_document) is { } document)
            {
                var report = await call.Get<DatastoreManager>().RemoveDocumentAsync(name, document, cancellation);
                await call.WriteAsync(
                    report,
                    static report =>
                        string.Join('\n', report.Documents.Select(path => $"Removed {VisibleText.Name(path)}"))
                );
            }
            else
            {
                await call.Get<DatastoreManager>().RemoveAsync(name, cancellation);
                await call.WriteAsync(
                    new RemovedDatastore(name),
                    static removed => $"Removed datastore {removed.Datastore}."
                );
            }

            return CommandLine.Done;
        }

        private sealed record RemovedDatastore(string Datastore);
    }

    private sealed class VerifyCommand : ServiceCommand
    {
        private readonly Argument<string?> _name = new("NAME")
        {
            Description = "The datastore; left out, all.",
            Arity = ArgumentArity.ZeroOrOne,
        };

        private readonly Option<bool> _repair = new("--repair")
        {
            Description = "Drop what is damaged, so that the next ingest renews it.",
        };

        public VerifyCommand(GlobalOptions global)
            : base("verify", "Check every byte of datastores; exit code 1 when something is damaged.", global)
        {
            Arguments.Add(_name);
            Options.Add(_repair);
        }

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            string[] names = call.Parsed.GetValue(_name) is { } name
                ? [name]
                : [.. call.Get<DatastoreManager>().List().Select(datastore => datastore.Name)];
            var reports = new List<VerifyReport>();
            foreach (var datastore in names)
            {
                reports.Add(
                    await call.Get<DatastoreManager>()
                        .VerifyAsync(datastore, call.Parsed.GetValue(_repair), cancellation)
                );
            }

            await call.WriteAsync(reports, static reports => string.Join('\n', reports.Select(DamageText.Render)));
            return reports.TrueForAll(report => report.Sound || report.Repaired)
                ? CommandLine.Done
                : CommandLine.Failed;
        }
    }

    private sealed class CompactCommand : ServiceCommand
    {
        private readonly Argument<string> _name = DatastoreName();

        public CompactCommand(GlobalOptions global)
            : base("compact", "Give the space of removed documents back to the disk.", global) => Arguments.Add(_name);

        protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
        {
            var report = await call.Get<DatastoreManager>().CompactAsync(call.Parsed.GetValue(_name)!, cancellation);
            await call.WriteAsync(
                report,
                static report =>
                    $"{VisibleText.Name(report.Datastore)}: {IngestText.Size(report.BytesBefore)} before, "
                    + $"{IngestText.Size(report.BytesAfter)} after."
            );
            return CommandLine.Done;
        }
    }
}
