using McpLongContext.Inference.Models;

namespace McpLongContext.Server.Output;

/// <summary>
/// Shows a running model installation on standard error: a bar on a terminal, a line a phase otherwise.
/// </summary>
internal abstract class ModelDisplay : IProgress<ModelProgress>
{
    public static ModelDisplay Create(TextWriter error) =>
        TerminalBar.IsPossible(error) ? new BarDisplay(error) : new LineDisplay(error);

    public abstract void Report(ModelProgress value);

    /// <summary>Shows the installation while it runs.</summary>
    public abstract Task<T> ShowAsync<T>(Func<Task<T>> work);

    private static string Describe(ModelProgress progress) =>
        progress.Phase switch
        {
            ModelPhase.Waiting => "waiting for another process that installs the same model",
            ModelPhase.Resolving => "asking the source for its files",
            ModelPhase.Downloading when progress.Total == 0 => "downloading",
            ModelPhase.Downloading => $"downloading {IngestText.Size(progress.Total)}",
            ModelPhase.Verifying => $"verifying {IngestText.Size(progress.Total)}",
            ModelPhase.Proving => "loading it and running a short text",
            _ => "installed",
        };

    private sealed class LineDisplay(TextWriter error) : ModelDisplay
    {
        private readonly Lock _lock = new();
        private ModelPhase? _phase;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) => work();

        public override void Report(ModelProgress value)
        {
            lock (_lock)
            {
                if (value.Phase != _phase)
                {
                    _phase = value.Phase;
                    error.WriteLine(Describe(value));
                }
            }
        }
    }

    private sealed class BarDisplay(TextWriter error) : ModelDisplay
    {
        private TerminalBar? _bar;

        public override Task<T> ShowAsync<T>(Func<Task<T>> work) =>
            TerminalBar.ShowAsync(
                error,
                bar =>
                {
                    _bar = bar;
                    return work();
                }
            );

        public override void Report(ModelProgress value) =>
            _bar?.Set(Describe(value), value.Total > 0 && value.Done > 0 ? (double)value.Done / value.Total : null);
    }
}
