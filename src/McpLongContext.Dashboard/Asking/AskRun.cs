using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Inferrers;
using McpLongContext.Context.Retrieval;
using McpLongContext.Dashboard.Rendering;
using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Asking;

/// <summary>A question to a decoder, whose answer is written piece by piece.</summary>
/// <param name="form">The question.</param>
public sealed class AskRun(AskForm form) : IDisposable
{
    private const int EvidenceTokens = 1000;

    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The question.</summary>
    public AskForm Form => form;

    /// <summary>Whether the answer is still being written.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>The tokens that are written.</summary>
    public int Tokens { get; private set; }

    /// <summary>The report of the whole; <see langword="null"/> before the end.</summary>
    public LongInferenceReport? Report { get; private set; }

    /// <summary>Why there is no answer; empty where there is one.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>The answer so far.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>Stops the writing; what is written stays.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();

    /// <summary>Has the answer written.</summary>
    internal async Task RunAsync(LongInferrer inferrer, Retriever retriever, ILogger logger)
    {
        try
        {
            var request = await RequestAsync(retriever);
            Report = await inferrer.InferAsync(request, new Counter(count => Tokens = count), _cancellation.Token);
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

    /// <summary>A window holds the passages that are found and the question; a decoder memory is asked by itself.</summary>
    private async Task<LongInferenceRequest> RequestAsync(Retriever retriever)
    {
        var request = new LongInferenceRequest
        {
            Mode = InferenceMode.Generate,
            Memory = form.Kind,
            MaxNewTokens = form.NewTokens,
            Wrote = Add,
        };
        if (form.Kind != MemoryKind.Window)
        {
            return request with { Datastore = form.Datastore, Instruction = form.Query };
        }

        var found = await retriever.QueryAsync(
            new QueryRequest
            {
                Question = form.Query,
                Datastore = form.Datastore,
                MaxTokens = EvidenceTokens,
            },
            _cancellation.Token
        );
        // The end of a text is what fits the window: the best passage stands last.
        var passages = found.Evidence.Reverse().Select(evidence => evidence.Text);
        return request with { Name = form.Datastore, Text = $"{string.Join("\n\n", passages)}\n\n{form.Query}\n" };
    }

    private void Add(string piece)
    {
        lock (_gate)
        {
            _text.Append(piece);
        }
    }

    private sealed class Counter(Action<int> count) : IProgress<LongInferenceProgress>
    {
        public void Report(LongInferenceProgress value) => count(value.NewTokens);
    }
}

/// <summary>A question to a decoder.</summary>
/// <param name="Query">The question, or what is to be written.</param>
/// <param name="Datastore">The datastore.</param>
/// <param name="Kind">The kind of decoder memory that is read.</param>
/// <param name="NewTokens">The most tokens to write.</param>
public sealed record AskForm(string Query, string Datastore, MemoryKind Kind, int NewTokens);
