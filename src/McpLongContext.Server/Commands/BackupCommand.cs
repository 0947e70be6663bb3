using System.CommandLine;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Writes a datastore into one file.</summary>
internal sealed class BackupCommand : ServiceCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The datastore." };

    private readonly Argument<string> _file = new("FILE") { Description = "The file, replaced when there is one." };

    public BackupCommand(GlobalOptions global)
        : base("backup", "Write a datastore into one file, embeddings included.", global)
    {
        Arguments.Add(_name);
        Arguments.Add(_file);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var file = Path.GetFullPath(call.Parsed.GetValue(_file)!);
        var report = await call.Get<DatastoreManager>().BackUpAsync(call.Parsed.GetValue(_name)!, file, cancellation);
        await call.WriteAsync(
            report,
            static report =>
                $"{VisibleText.Name(report.Datastore)}: {IngestText.Size(report.Bytes)} in {VisibleText.Name(report.File)}."
        );
        return CommandLine.Done;
    }
}
