using System.CommandLine;
using System.Text.Json;
using McpLongContext.Context.Answers;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Management;
using McpLongContext.Context.Retrieval;
using McpLongContext.Server.Evaluation;
using McpLongContext.Server.Output;
using McpLongContext.Server.Protocol;
using Question = McpLongContext.Server.Evaluation.Question;

namespace McpLongContext.Server.Commands;

/// <summary>Ranks passages for a set of questions, to measure retrieval.</summary>
internal sealed class EvalCommand : ServiceCommand
{
    private static readonly TimeSpan s_progressInterval = TimeSpan.FromSeconds(5);

    private readonly Argument<string> _questions = new("QUESTIONS")
    {
        Description = "Questions, one JSON object a line with id, doc (a document, or * for all) and question.",
    };

    private readonly Option<string> _docs = new("--docs")
    {
        Description = "The folder of the corpus.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "Where the predictions go, one JSON object a line.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<int?> _top = CommonOptions.Number(
        "--top",
        "Passages a question.",
        1,
        Limits.MaxTopK,
        otherwise: 50
    );

    private readonly Option<string?> _keep = new("--keep")
    {
        Description = "Keep the corpus in this datastore, for a faster next run; left out, it is removed.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _sample = CommonOptions.Number(
        "--sample",
        "Ask so many questions only, evenly spread over the file.",
        1,
        int.MaxValue
    );

    private readonly Option<bool> _answer = new("--answer")
    {
        Description = "Let the local chat model answer, too, however long it takes.",
    };

    public EvalCommand(GlobalOptions global)
        : base("eval", "Rank passages for a set of questions, and answer them.", global)
    {
        Arguments.Add(_questions);
        Options.Add(_docs);
        Options.Add(_out);
        Options.Add(_top);
        Options.Add(_keep);
        Options.Add(_sample);
        Options.Add(_answer);
    }

    /// <inheritdoc/>
    protected override LongContextOptions Adapt(LongContextOptions options, ParseResult parsed)
    {
        var set = Read(parsed);
        // Citations are relative to the working directory, so they come out as the questions name the documents.
        return options with
        {
            WorkingDirectory = set.Root,
            AllowedRoots = [.. options.AllowedRoots, Path.GetFullPath(parsed.GetValue(_docs)!)],
        };
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var set = Read(call.Parsed);
        TokenCounter.Load();
        var keep = call.Parsed.GetValue(_keep);
        var datastore = keep ?? $"eval-{Guid.NewGuid():n}";
        try
        {
            await IngestAsync(call, set, datastore, cancellation);
            await AnswerAsync(call, set, datastore, cancellation);
        }
        finally
        {
            if (keep is null)
            {
                await call.Get<DatastoreManager>().RemoveAsync(datastore, CancellationToken.None);
            }
        }

        return CommandLine.Done;
    }

    private QuestionSet Read(ParseResult parsed)
    {
        var set = QuestionSet.Read(parsed.GetValue(_questions)!, parsed.GetValue(_docs)!, parsed.GetValue(_out)!);
        return parsed.GetValue(_sample) is { } count ? set.Sample(count) : set;
    }

    private static async Task IngestAsync(Call call, QuestionSet set, string datastore, CancellationToken cancellation)
    {
        var display = IngestDisplay.Create(call.Parsed.InvocationConfiguration.Error, TimeProvider.System);
        var request = new IngestRequest
        {
            Paths = set.Paths,
            Datastore = datastore,
            Wait = null,
        };
        var report = await display.ShowAsync(() => call.Get<Ingestor>().IngestAsync(request, display, cancellation));
        await call.TellAsync(IngestText.Render(report));
    }

    private async Task AnswerAsync(Call call, QuestionSet set, string datastore, CancellationToken cancellation)
    {
        var top = call.Parsed.GetValue(_top)!.Value;
        var known = call.Get<DatastoreManager>()
            .Show(datastore)
            .Documents.Select(document => document.Path)
            .ToHashSet();
        var file = call.Parsed.GetValue(_out)!;
        var start = TimeProvider.System.GetTimestamp();
        var told = start;
        await using var writer = new StreamWriter(file);
        foreach (var (index, question) in set.Questions.Index())
        {
            if (question.Document is { } document && !known.Contains(document))
            {
                await call.TellAsync($"{question.Id}: document {document} was not ingested; no passages.");
                await WriteAsync(new Prediction(question.Id, []) { Highlights = [] });
                continue;
            }

            var ranked = await call.Get<Retriever>()
                .RankAsync(datastore, question.Text, question.Document, top, cancellation);
            var answer = call.Parsed.GetValue(_answer)
                ? await AnswerAsync(call, question, datastore, cancellation)
                : null;
            await WriteAsync(Prediction.Create(question, ranked, answer));
            if (TimeProvider.System.GetElapsedTime(told) >= s_progressInterval)
            {
                told = TimeProvider.System.GetTimestamp();
                await call.TellAsync($"{index + 1} of {set.Questions.Count} questions");
            }
        }

        var summary = new EvalSummary(
            set.Questions.Count,
            TimeProvider.System.GetElapsedTime(start).TotalSeconds,
            file
        );
        await call.WriteAsync(
            summary,
            static summary =>
                $"{summary.Questions} questions in {summary.Seconds:0.0} s; predictions in {summary.Predictions}"
        );

        async Task WriteAsync(Prediction prediction)
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(prediction, ContextJson.Options));
            // Answers take minutes: what there is can be read meanwhile.
            await writer.FlushAsync(cancellation);
        }
    }

    /// <summary>The answer of <c>answer: always</c>, without its time limit.</summary>
    private static async Task<LocalAnswer?> AnswerAsync(
        Call call,
        Question question,
        string datastore,
        CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            Question = question.Text,
            Datastore = datastore,
            PathGlob = question.Document,
        };
        var evidence = await call.Get<Retriever>().QueryAsync(request, cancellation);
        return await call.Get<AnswerWriter>()
            .WriteAsync(request, evidence, AnswerMode.Always, Timeout.InfiniteTimeSpan, progress: null, cancellation);
    }

    private sealed record EvalSummary(int Questions, double Seconds, string Predictions);
}
