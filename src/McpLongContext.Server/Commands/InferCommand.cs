using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Reads a long text through a generative model.</summary>
internal sealed class InferCommand : ServiceCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "A text file; left out, documents of a datastore.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _text = new("--text") { Description = "A text instead of a file." };

    private readonly Option<string?> _document = new("--document")
    {
        Description = "A document of the datastore.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _datastore = new("--datastore", "-d")
    {
        Description = "The datastore; without --document, all its documents.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _path = new("--path")
    {
        Description = "Only documents of the datastore whose path matches, for example 'src/**/*.cs'.",
        HelpName = "GLOB",
    };

    private readonly Option<string?> _bits = new("--bits")
    {
        Description = "Bits instead of a text, as the characters 0 and 1, read by a bit model.",
    };

    private readonly Option<InferenceMode> _mode = CommonOptions.Choice<InferenceMode>(
        "--mode",
        "score: perplexity and surprising spans; generate: continue the end; map: follow --instruction; summarize: all of it at once by an encoder-decoder, with its sources."
    );

    private readonly Option<string?> _instruction = new("--instruction")
    {
        Description =
            "What to do with each window, for mode map; what to write from a memory; how to summarize, for T5 models.",
        HelpName = "TEXT",
    };

    private readonly Option<MemoryKind> _memory = CommonOptions.Memory(
        "What mode generate reads: the end of each text, or all documents by the model's own attention."
    );

    private readonly Option<int?> _window = CommonOptions.Number(
        "--window",
        "Tokens of a window.",
        least: 1,
        most: int.MaxValue
    );

    private readonly Option<double?> _overlap = new("--overlap")
    {
        Description = "Share of a window that the window before covers, 0 to 0.75.",
        HelpName = "SHARE",
    };

    private readonly Option<int?> _newTokens = CommonOptions.Number(
        "--max-new-tokens",
        "Most tokens written in a window.",
        least: 1,
        most: Limits.MaxNewTokens
    );

    private readonly Option<int?> _maxWindows = CommonOptions.Number(
        "--max-windows",
        "Most windows; left out, all.",
        least: 1,
        most: int.MaxValue
    );

    private readonly Option<string?> _model = new("--model")
    {
        Description = "An installed generative model.",
        HelpName = "MODEL",
    };

    private readonly Option<string?> _cursor = new("--cursor")
    {
        Description = "Continue after the run that printed it.",
        HelpName = "CURSOR",
    };

    public InferCommand(GlobalOptions global)
        : base("infer", "Read a long text through a local language model, window by window.", global)
    {
        Arguments.Add(_file);
        Options.Add(_text);
        Options.Add(_document);
        Options.Add(_datastore);
        Options.Add(_path);
        Options.Add(_bits);
        Options.Add(_mode);
        Options.Add(_instruction);
        Options.Add(_memory);
        Options.Add(_window);
        Options.Add(_overlap);
        Options.Add(_newTokens);
        Options.Add(_maxWindows);
        Options.Add(_model);
        Options.Add(_cursor);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var parsed = call.Parsed;
        var file = parsed.GetValue(_file);
        var text = parsed.GetValue(_text);
        if (file is not null && text is not null)
        {
            throw new ContextException("FILE, --text: both were given; give one of them.");
        }

        var request = new LongInferenceRequest
        {
            Bits = parsed.GetValue(_bits),
            Text = file is null ? text : await ReadAsync(file, cancellation),
            Name = file ?? new LongInferenceRequest().Name,
            Document = parsed.GetValue(_document),
            Datastore = parsed.GetValue(_datastore),
            PathGlob = parsed.GetValue(_path),
            Mode = parsed.GetValue(_mode),
            Instruction = parsed.GetValue(_instruction),
            Memory = parsed.GetResult(_memory) is null ? null : parsed.GetValue(_memory),
            Window = parsed.GetValue(_window),
            Overlap = parsed.GetValue(_overlap),
            MaxNewTokens = parsed.GetValue(_newTokens),
            MaxWindows = parsed.GetValue(_maxWindows),
            Model = parsed.GetValue(_model),
            Cursor = parsed.GetValue(_cursor),
        };
        var display = InferenceDisplay.Create(parsed.InvocationConfiguration.Error, TimeProvider.System);
        var report = await display.ShowAsync(() => call.Get<LongInferrer>().InferAsync(request, display, cancellation));
        await call.WriteAsync(report, InferenceText.Render);
        return report.State == InferenceState.Cancelled ? CommandLine.Interrupted : CommandLine.Done;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ContextException($"FILE: '{file}' cannot be read: {error.Message}", error);
        }
    }
}
