using System.CommandLine;
using McpLongContext.Context.Management;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Makes a datastore of a backup.</summary>
internal sealed class RestoreCommand : ServiceCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The file that backup or pull has written." };

    private readonly Argument<string> _name = new("NAME") { Description = "The name of the new datastore." };

    public RestoreCommand(GlobalOptions global)
        : base("restore", "Make a datastore of a backup; nothing is encoded again.", global)
    {
        Arguments.Add(_file);
        Arguments.Add(_name);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var file = Path.GetFullPath(call.Parsed.GetValue(_file)!);
        var summary = await call.Get<DatastoreManager>().RestoreAsync(file, call.Parsed.GetValue(_name)!, cancellation);
        await call.WriteAsync(summary, DatastoreText.Render);
        return CommandLine.Done;
    }
}
