using System.CommandLine;
using McpLongContext.Inference.Decoders;
using McpLongContext.Training.Tasks;
using McpLongContext.Training.Unlimiformer.Decoders;

namespace McpLongContext.Training.Commands;

/// <summary>The options of <c>unlimiformer</c> for decoders.</summary>
internal sealed class DecoderOptions
{
    private static readonly DecoderSettings s_defaults = new();

    private readonly Option<string[]> _tasks = new("--task")
    {
        Description =
            $"Of a decoder: tasks, each perhaps with =WEIGHT: {string.Join(", ", TaskMix.Names.Except([LanguageTask.TaskName]))}.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. s_defaults.Tasks],
    };
    private readonly Option<int?> _layerBegin = new("--layer-begin")
    {
        Description = "Of a decoder: the first layer that reads from documents; default: the middle one.",
    };
    private readonly Option<int> _rank = Number("--rank", "rank of the LoRA adapters.", s_defaults.Adapter.Rank);
    private readonly Option<double> _alpha = Number(
        "--alpha",
        "alpha / rank multiplies them.",
        s_defaults.Adapter.Alpha
    );
    private readonly Option<int> _keys = Number("--most-keys", "keys of a text in several-keys.", s_defaults.MostKeys);
    private readonly Option<int> _own = Number("--own-tokens", "tokens of filler by the model.", s_defaults.OwnTokens);
    private readonly Option<int> _questions = Number(
        "--most-questions",
        "questions of a step at most.",
        s_defaults.MostQuestions
    );
    private readonly Option<double> _plainWeight = Number(
        "--plain-weight",
        "weight of the loss on plain text, which keeps the model what it was.",
        s_defaults.PlainWeight
    );

    /// <summary>Documents of the user.</summary>
    public Option<string[]> Corpus { get; } =
        new("--corpus")
        {
            Description =
                "Of a decoder: documents, files or folders of text: filler, and facts of sentence-facts. Beside what the model "
                + "writes.",
            AllowMultipleArgumentsPerToken = true,
        };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All =>
        [Corpus, _tasks, _layerBegin, _rank, _alpha, _keys, _own, _questions, _plainWeight];

    /// <summary>The training that the options describe, but for what all trainings have.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="config">The decoder.</param>
    /// <param name="seed">Chooses everything that is random.</param>
    /// <exception cref="TrainingException">An option is wrong.</exception>
    public DecoderSettings SettingsOf(ParseResult parsed, DecoderConfig config, int seed)
    {
        var settings = s_defaults with
        {
            LayerBegin = parsed.GetValue(_layerBegin),
            Adapter = s_defaults.Adapter with
            {
                Rank = parsed.GetValue(_rank),
                Alpha = parsed.GetValue(_alpha),
                Seed = seed,
            },
            Tasks = parsed.GetValue(_tasks)!,
            MostKeys = parsed.GetValue(_keys),
            OwnTokens = parsed.GetValue(_own),
            MostQuestions = parsed.GetValue(_questions),
            PlainWeight = parsed.GetValue(_plainWeight),
            Seed = seed,
        };
        OptionChecks.Positive(
            ("--rank", settings.Adapter.Rank),
            ("--alpha", settings.Adapter.Alpha),
            ("--most-questions", settings.MostQuestions)
        );
        if (settings.MostKeys < 2)
        {
            throw new TrainingException($"--most-keys {settings.MostKeys}: expected 2 or more.");
        }

        if (
            settings.Tasks.FirstOrDefault(task => task.Split('=')[0] == LanguageTask.TaskName) is not null
            || settings.Tasks.Count == 0
        )
        {
            throw new TrainingException(
                $"--task {LanguageTask.TaskName}: expected tasks that ask something; plain text is read in every step."
            );
        }

        return settings.LayerBegin is null or >= 0 && settings.LayerBeginOf(config.LayerCount) < config.LayerCount
            ? settings
            : throw new TrainingException(
                $"--layer-begin {settings.LayerBegin}: expected 0 to {config.LayerCount - 1}, a layer of the model."
            );
    }

    private static Option<T> Number<T>(string name, string description, T value) =>
        TrainingCommand.Number(name, $"Of a decoder: {description}", value);
}
