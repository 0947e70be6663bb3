using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Documents;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Compresses a file without loss by arithmetic coding over a bit model.</summary>
internal sealed class CompressCommand : ServiceCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A file of any kind." };
    private readonly Option<string?> _model = BitOptions.Model();
    private readonly Option<string?> _output = BitOptions.Output($"FILE{BitOptions.Ending}");
    private readonly Option<bool> _force = BitOptions.Force();

    public CompressCommand(GlobalOptions global)
        : base("compress", "Compress a file without loss, by what a bit model predicts of it.", global)
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
        var output = call.Parsed.GetValue(_output) ?? file + BitOptions.Ending;
        await using var input = NamedFiles.Open(file);
        BitCompression? done = null;
        await NamedFiles.WriteAsync(
            output,
            call.Parsed.GetValue(_force),
            async stream =>
                done = await ShareDisplay.ShowAsync(
                    call.Parsed.InvocationConfiguration.Error,
                    $"compressing {VisibleText.Name(file)}",
                    progress =>
                        call.Get<BitCompressor>()
                            .CompressAsync(input, stream, call.Parsed.GetValue(_model), progress, cancellation)
                )
        );
        var report = new CompressReport(
            output,
            done!.Model,
            done.Blocks,
            done.ModelBlocks,
            input.Length,
            new FileInfo(output).Length,
            await GzipAsync(input, cancellation)
        );
        await call.WriteAsync(report, Render);
        return CommandLine.Done;
    }

    private static string Render(CompressReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{VisibleText.Name(report.Output)}: {report.CompressedBytes:N0} of {report.OriginalBytes:N0} bytes by {report.Model} in {report.ModelBlocks:N0} of {report.Blocks:N0} blocks, {Rate(report.CompressedBytes, report.OriginalBytes):0.000} bits a byte; gzip {Rate(report.GzipBytes, report.OriginalBytes):0.000}."
        );

    private static double Rate(long compressed, long original) => original == 0 ? 0 : 8.0 * compressed / original;

    private static async Task<long> GzipAsync(FileStream input, CancellationToken cancellation)
    {
        input.Position = 0;
        await using var count = new CountingStream();
        await using (var gzip = new GZipStream(count, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await input.CopyToAsync(gzip, cancellation);
        }

        return count.Length;
    }

    /// <summary>The outcome.</summary>
    internal sealed record CompressReport(
        string Output,
        string Model,
        int Blocks,
        int ModelBlocks,
        long OriginalBytes,
        long CompressedBytes,
        long GzipBytes
    );
}
