using System.CommandLine;
using McpLongContext.Training.Unlimiformer;
using McpLongContext.Training.Unlimiformer.Examples;

namespace McpLongContext.Training.Commands;

/// <summary>The options of <c>unlimiformer</c> for encoder-decoders.</summary>
internal sealed class EncoderDecoderOptions
{
    private static readonly EncoderDecoderShape s_shape = new();
    private static readonly KeyValueSettings s_keys = new();

    private readonly Option<string> _family = new("--family")
    {
        Description = "The family of a new model, t5 or bart.",
        DefaultValueFactory = _ => s_shape.Family,
    };
    private readonly Option<int> _hidden = TrainingCommand.Number(
        "--hidden",
        "Width of a new model.",
        s_shape.HiddenSize
    );
    private readonly Option<int> _depth = TrainingCommand.Number(
        "--layers",
        "Layers of encoder and decoder.",
        s_shape.Layers
    );
    private readonly Option<int> _heads = TrainingCommand.Number("--heads", "Heads of a new model.", s_shape.Heads);
    private readonly Option<int> _window = TrainingCommand.Number("--window", "Window of a new model.", s_shape.Window);
    private readonly Option<int> _shortest = TrainingCommand.Number(
        "--shortest",
        "Tokens of the shortest generated document.",
        s_keys.ShortestSource
    );
    private readonly Option<int> _longest = TrainingCommand.Number(
        "--longest",
        "Tokens of the longest generated document.",
        s_keys.LongestSource
    );
    private readonly Option<int> _asked = TrainingCommand.Number(
        "--asked-keys",
        "Keys asked of a generated document.",
        s_keys.AskedKeys
    );

    /// <summary>A file of pairs.</summary>
    public Option<string?> Pairs { get; } =
        new("--pairs")
        {
            Description =
                "A file of {\"document\", \"summary\"} lines; default: generated documents of keys and values.",
        };

    /// <summary>The tokenizer of a new model.</summary>
    public Option<string?> Tokenizer { get; } =
        new("--tokenizer")
        {
            Description = "The model, installed or a folder, whose tokenizer a new model takes; default: bytes.",
        };

    /// <summary>Tokens of a source.</summary>
    public Option<int> MaxSource { get; } =
        TrainingCommand.Number(
            "--max-source",
            "Tokens of a source at most.",
            new UnlimiformerSettings().MaxSourceTokens
        );

    /// <summary>Sources of a step.</summary>
    public Option<int> Batch { get; } =
        TrainingCommand.Number("--batch", "Sources of a step at most.", new UnlimiformerSettings().BatchSize);

    /// <summary>Those that describe a new model.</summary>
    public IReadOnlyList<Option> OfNewModel => [Tokenizer, _family, _hidden, _depth, _heads, _window];

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [Pairs, .. OfNewModel, _shortest, _longest, _asked, MaxSource, Batch];

    /// <summary>The shape of a new model.</summary>
    /// <exception cref="TrainingException">An option is wrong.</exception>
    public EncoderDecoderShape ShapeOf(ParseResult parsed)
    {
        var shape = new EncoderDecoderShape
        {
            Family = parsed.GetValue(_family)!,
            HiddenSize = parsed.GetValue(_hidden),
            Layers = parsed.GetValue(_depth),
            Heads = parsed.GetValue(_heads),
            Window = parsed.GetValue(_window),
        };
        OptionChecks.Positive(("--hidden", shape.HiddenSize), ("--layers", shape.Layers), ("--heads", shape.Heads));
        if (shape.Family is not ("t5" or "bart"))
        {
            throw new TrainingException($"--family {shape.Family}: expected t5 or bart.");
        }

        if (shape.HiddenSize % shape.Heads != 0)
        {
            throw new TrainingException(
                $"--hidden {shape.HiddenSize} --heads {shape.Heads}: expected a width that the heads divide."
            );
        }

        return shape.Window >= EncoderDecoderShape.SmallestWindow
            ? shape
            : throw new TrainingException(
                $"--window {shape.Window}: expected {EncoderDecoderShape.SmallestWindow} or more."
            );
    }

    /// <summary>The generated documents; the defaults where there are pairs.</summary>
    /// <exception cref="TrainingException">An option is wrong.</exception>
    public KeyValueSettings KeysOf(ParseResult parsed)
    {
        if (parsed.GetValue(Pairs) is not null)
        {
            return s_keys;
        }

        var keys = new KeyValueSettings
        {
            ShortestSource = parsed.GetValue(_shortest),
            LongestSource = parsed.GetValue(_longest),
            AskedKeys = parsed.GetValue(_asked),
        };
        OptionChecks.Positive(("--shortest", keys.ShortestSource), ("--asked-keys", keys.AskedKeys));
        var most = parsed.GetValue(MaxSource);
        return keys.LongestSource >= keys.ShortestSource && keys.LongestSource <= most
            ? keys
            : throw new TrainingException(
                $"--longest {keys.LongestSource}: expected {keys.ShortestSource} (--shortest) to {most} (--max-source)."
            );
    }
}
