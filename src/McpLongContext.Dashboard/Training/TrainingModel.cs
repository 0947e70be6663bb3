namespace McpLongContext.Dashboard.Training;

/// <summary>The trainings, one of them in detail.</summary>
/// <param name="Folder">The folder of the runs.</param>
/// <param name="Runs">All runs, the latest first.</param>
/// <param name="Shown">The run in detail; <see langword="null"/> where there is none.</param>
public sealed record TrainingModel(string Folder, IReadOnlyList<TrainingRun> Runs, TrainingRun? Shown);
