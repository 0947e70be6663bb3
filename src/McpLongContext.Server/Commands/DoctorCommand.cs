using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Models;
using McpLongContext.Server.Setup;

namespace McpLongContext.Server.Commands;

/// <summary>Checks the installation and says what to do.</summary>
internal sealed class DoctorCommand(GlobalOptions global)
    : ServiceCommand("doctor", "Check the installation: versions, data folder, disk, models, clients.", global)
{
    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var findings = new Checkup(call.Get<LongContextOptions>(), call.Get<ModelStore>()).Run();
        await call.WriteAsync(findings, static findings => string.Join('\n', findings.Select(Render)));
        return findings.Any(finding => finding.Severity == Severity.Error) ? CommandLine.Failed : CommandLine.Done;
    }

    private static string Render(Finding finding) =>
        $"{finding.Severity.ToString().ToLowerInvariant(), -8}{finding.Check}: {finding.Message}";
}
