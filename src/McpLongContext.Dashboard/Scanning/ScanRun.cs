using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Dashboard.Rendering;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Scanning;

/// <summary>A scan of a file, whose picture grows as the file is read.</summary>
/// <param name="form">The file.</param>
public sealed class ScanRun(ScanForm form) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The file.</summary>
    public ScanForm Form => form;

    /// <summary>The costs so far.</summary>
    public CostProfile Profile { get; } = new();

    /// <summary>Whether the file is still being read.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>The window that is being read; <see langword="null"/> before the first one.</summary>
    public LongInferenceProgress? Progress { get; private set; }

    /// <summary>The report; <see langword="null"/> before the end.</summary>
    public LongInferenceReport? Report { get; private set; }

    /// <summary>Why there is no report; empty where there is one.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Stops the scan; what is read stays.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();

    /// <summary>Reads the file.</summary>
    internal async Task RunAsync(LongInferrer inferrer, ILogger logger)
    {
        try
        {
            Report = await inferrer.InferAsync(
                new LongInferenceRequest
                {
                    File = form.File,
                    Model = form.Model == "" ? null : form.Model,
                    Top = form.Top,
                    ByteRead = (_, cost) => Profile.Add(cost),
                },
                new Latest(progress => Progress = progress),
                _cancellation.Token
            );
        }
#pragma warning disable CA1031 // The error belongs to the page, whoever looks at it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Problem = Refusals.Say(error, logger);
        }
        finally
        {
            IsActive = false;
        }
    }

    private sealed class Latest(Action<LongInferenceProgress> keep) : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value) => keep(value);
    }
}
