namespace McpLongContext.Training.Tasks;

/// <summary>The tasks of a training, each with its weight.</summary>
internal sealed class TaskMix
{
    private readonly IReadOnlyList<(ITrainingTask Task, double Weight)> _tasks;

    /// <summary>Mixes tasks.</summary>
    /// <param name="tasks">The first one asks something and decides at which level training begins.</param>
    public TaskMix(IReadOnlyList<(ITrainingTask Task, double Weight)> tasks) => _tasks = tasks;

    /// <summary>The names of all tasks.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["pass-key", "needle", "several-keys", "named-things", "sentence-facts", LanguageTask.TaskName];

    /// <summary>The tasks.</summary>
    public IReadOnlyList<(ITrainingTask Task, double Weight)> Tasks => _tasks;

    /// <summary>The level of the curriculum that training begins at: the first one of the first task.</summary>
    public int FirstLevel => _tasks[0].Task.FirstLevel;

    /// <summary>Reads a mix.</summary>
    /// <param name="names">Names, each perhaps with a weight: <c>pass-key=3</c>.</param>
    /// <param name="texts">The documents of the corpus.</param>
    /// <param name="mostKeys">How many keys a text holds at most.</param>
    /// <param name="mostDigits">How many digits the number of a person or thing has at most.</param>
    /// <exception cref="TrainingException">
    /// A task is unknown or named twice, or a weight is no positive number.
    /// </exception>
    public static TaskMix Parse(
        IEnumerable<string> names,
        IReadOnlyList<string> texts,
        int mostKeys,
        int mostDigits = Draws.KeyDigits
    )
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var subjects = new Subjects(texts);
        return new([
            .. names.Select(name =>
            {
                var parts = name.Split('=', 2);
                var weight = 1.0;
                if (!found.Add(parts[0]))
                {
                    throw new TrainingException($"--task {parts[0]}: found twice, expected each task once.");
                }

                if (parts.Length == 2 && !(double.TryParse(parts[1], out weight) && weight > 0))
                {
                    throw new TrainingException($"--task {name}: '{parts[1]}' found, expected a weight above 0.");
                }

                return (Create(parts[0], texts, subjects, mostKeys, mostDigits), weight);
            }),
        ]);
    }

    /// <summary>Draws a task of a level, and an example of it.</summary>
    /// <param name="random">Chooses both.</param>
    /// <param name="level">At least <see cref="FirstLevel"/>.</param>
    public (ITrainingTask Task, TaskSample Sample) Draw(Random random, int level)
    {
        var fitting = _tasks.Where(one => one.Task.FirstLevel <= level).ToList();
        var at = random.NextDouble() * fitting.Sum(one => one.Weight);
        foreach (var (task, weight) in fitting)
        {
            at -= weight;
            if (at < 0)
            {
                return (task, task.Draw(random));
            }
        }

        return (fitting[^1].Task, fitting[^1].Task.Draw(random));
    }

    private static ITrainingTask Create(
        string name,
        IReadOnlyList<string> texts,
        Subjects subjects,
        int mostKeys,
        int mostDigits
    ) =>
        name switch
        {
            "pass-key" => new PassKeyTask(),
            "needle" => new NeedleTask(subjects, mostDigits),
            "several-keys" => new SeveralKeysTask(subjects, mostKeys, mostDigits),
            "named-things" => new NamedThingsTask(subjects),
            "sentence-facts" => new SentenceFactsTask(texts),
            LanguageTask.TaskName => new LanguageTask(),
            _ => throw new TrainingException(
                $"--task {name}: unknown; expected one of {string.Join(", ", Names)}, each perhaps with =WEIGHT."
            ),
        };
}
