using System.CommandLine;
using McpLongContext.Inference.Models;
using McpLongContext.Training.Loop;

namespace McpLongContext.Training.Commands;

/// <summary>A command that trains something, with the options that all of them have.</summary>
internal abstract class TrainingCommand : Command
{
    private readonly Option<string?> _home = new("--home") { Description = "Data folder." };
    private readonly Option<string?> _run;
    private readonly Option<int> _threads = Number("--threads", "Threads.", Environment.ProcessorCount);

    /// <summary>Makes the options.</summary>
    /// <param name="name">The name of the command.</param>
    /// <param name="description">One line about it.</param>
    /// <param name="run">The folder of a training where none is named.</param>
    /// <param name="loop">How long it lasts where nothing else is said.</param>
    /// <param name="seed">The seed where none is given.</param>
    protected TrainingCommand(string name, string description, string run, LoopSettings loop, int seed)
        : base(name, description)
    {
        _run = new Option<string?>("--run")
        {
            Description = $"Folder of this training; one that was broken off there continues. Default: {run}.",
        };
        Steps = Number("--steps", "Steps at most.", loop.Steps);
        EvaluateEvery = Number("--evaluate-every", "Steps between evaluations.", loop.EvaluateEvery);
        Seed = Number("--seed", "Chooses everything that is random.", seed);
        SetAction(
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                    {
                        Check(parsed);
                        return Run(parsed, cancellation);
                    },
                    CancellationToken.None
                )
        );
    }

    /// <summary>Steps at most.</summary>
    protected Option<int> Steps { get; }

    /// <summary>Steps between evaluations.</summary>
    protected Option<int> EvaluateEvery { get; }

    /// <summary>Chooses everything that is random.</summary>
    protected Option<int> Seed { get; }

    /// <summary>Trains.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult parsed, CancellationToken cancellation);

    /// <summary>Adds the options of a command between those that all have.</summary>
    protected void AddOptions(params ReadOnlySpan<Option> options)
    {
        foreach (var option in (Option[])[_home, _run, .. options, Steps, EvaluateEvery, Seed, _threads])
        {
            Options.Add(option);
        }
    }

    /// <summary>The data folder.</summary>
    protected string HomeOf(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(_home) ?? LongContextHome.Path);

    /// <summary>The installed models.</summary>
    protected ModelStore StoreOf(ParseResult parsed) =>
        new(new ModelStoreOptions { Folder = Path.Combine(HomeOf(parsed), "models") });

    /// <summary>The folder of a training: one that is named, or one in the data folder.</summary>
    protected string RunOf(ParseResult parsed, string name) =>
        parsed.GetValue(_run) ?? Path.Combine(HomeOf(parsed), "training", name);

    /// <summary>The folder of a training: one that is named, or one beside what it writes.</summary>
    protected string RunBeside(ParseResult parsed, string output) =>
        parsed.GetValue(_run) ?? Path.TrimEndingDirectorySeparator(output) + ".training";

    /// <summary>The model that training begins with; null where the option names none.</summary>
    /// <exception cref="TrainingException">There is no such model.</exception>
    protected TrainedModel? FindStart(ParseResult parsed, Option<string?> start) =>
        parsed.GetValue(start) is { } name ? TrainedModel.Find(name, StoreOf(parsed)) : null;

    /// <summary>The threads that compute.</summary>
    protected int ThreadsOf(ParseResult parsed) => parsed.GetValue(_threads);

    /// <summary>An option with a number.</summary>
    internal static Option<T> Number<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    /// <summary>Demands that options are not given beside one that makes them meaningless.</summary>
    /// <exception cref="TrainingException">Both are given.</exception>
    protected static void RequireAlone(ParseResult parsed, Option option, params ReadOnlySpan<Option> others)
    {
        if (parsed.GetResult(option) is not { Implicit: false })
        {
            return;
        }

        foreach (var other in others)
        {
            if (parsed.GetResult(other) is { Implicit: false })
            {
                throw new TrainingException($"{other.Name}: expected without {option.Name}, whose model has its own.");
            }
        }
    }

    private void Check(ParseResult parsed) =>
        OptionChecks.Positive(
            ("--steps", parsed.GetValue(Steps)),
            ("--evaluate-every", parsed.GetValue(EvaluateEvery)),
            ("--threads", ThreadsOf(parsed))
        );
}
