using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Shows where files of any kind are least as a bit model expects them.</summary>
internal sealed class ScanCommand : ServiceCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Files of any kind.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _model = BitOptions.Model();

    private readonly Option<int?> _top = CommonOptions.Number("--top", "Most spans of a file.", least: 1, most: 1000);

    private readonly Option<int?> _ctx = CommonOptions.Number(
        "--ctx-bits",
        "Bits of a window; left out, 4096, at most the model's.",
        least: 1,
        most: int.MaxValue
    );

    private readonly Option<int?> _overlap = CommonOptions.Number(
        "--overlap-bits",
        "Bits of a window that the window before covers; left out, 256.",
        least: 1,
        most: int.MaxValue
    );

    private readonly Option<string?> _cursor = new("--cursor")
    {
        Description = "Continue after the scan of the first file that printed it.",
        HelpName = "CURSOR",
    };

    public ScanCommand(GlobalOptions global)
        : base("scan", "Find the bytes of files that a bit model expects least.", global)
    {
        Arguments.Add(_files);
        Options.Add(_model);
        Options.Add(_top);
        Options.Add(_ctx);
        Options.Add(_overlap);
        Options.Add(_cursor);
    }

    /// <inheritdoc/>
    protected override LongContextOptions Adapt(LongContextOptions options, ParseResult parsed) =>
        NamedFiles.Allow(options, parsed.GetValue(_files)!);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var parsed = call.Parsed;
        var reports = new List<LongInferenceReport>();
        foreach (var file in parsed.GetValue(_files)!)
        {
            var request = new LongInferenceRequest
            {
                File = file,
                Model = parsed.GetValue(_model),
                Top = parsed.GetValue(_top),
                CtxBits = parsed.GetValue(_ctx),
                OverlapBits = parsed.GetValue(_overlap),
                Cursor = reports.Count == 0 ? parsed.GetValue(_cursor) : null,
            };
            var display = InferenceDisplay.Create(parsed.InvocationConfiguration.Error, TimeProvider.System);
            reports.Add(
                await display.ShowAsync(() => call.Get<LongInferrer>().InferAsync(request, display, cancellation))
            );
            if (reports[^1].State == InferenceState.Cancelled)
            {
                break;
            }
        }

        await call.WriteAsync(reports, all => string.Join("\n\n", all.Select(InferenceText.Render)));
        return reports[^1].State == InferenceState.Cancelled ? CommandLine.Interrupted : CommandLine.Done;
    }
}
