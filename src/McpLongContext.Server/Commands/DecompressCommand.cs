using System.CommandLine;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Restores a compressed file.</summary>
internal sealed class DecompressCommand : ServiceCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A file that compress wrote." };
    private readonly Option<string?> _model = BitOptions.Model();
    private readonly Option<string?> _output = BitOptions.Output($"FILE without {BitOptions.Ending}");
    private readonly Option<bool> _force = BitOptions.Force();

    public DecompressCommand(GlobalOptions global)
        : base("decompress", "Restore a file that compress wrote, with the same model.", global)
    {
        Arguments.Add(_file);
        Options.Add(_model);
        Options.Add(_output);
        Options.Add(_force);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var file = call.Parsed.GetValue(_file)!;
        var output = call.Parsed.GetValue(_output) ?? NameOf(file);
        await using var input = NamedFiles.Open(file);
        await NamedFiles.WriteAsync(
            output,
            call.Parsed.GetValue(_force),
            stream =>
                ShareDisplay.ShowAsync(
                    call.Parsed.InvocationConfiguration.Error,
                    $"decompressing {VisibleText.Name(file)}",
                    async progress =>
                    {
                        await call.Get<BitCompressor>()
                            .DecompressAsync(input, file, stream, call.Parsed.GetValue(_model), progress, cancellation);
                        return true;
                    }
                )
        );
        var report = new DecompressReport(output, new FileInfo(output).Length);
        await call.WriteAsync(report, one => $"{VisibleText.Name(one.Output)}: {one.Bytes:N0} bytes.");
        return CommandLine.Done;
    }

    private static string NameOf(string file) =>
        file.EndsWith(BitOptions.Ending, StringComparison.OrdinalIgnoreCase)
            ? file[..^BitOptions.Ending.Length]
            : throw new ContextException($"--out: missing; '{file}' does not end in {BitOptions.Ending}.");

    /// <summary>The outcome.</summary>
    internal sealed record DecompressReport(string Output, long Bytes);
}
