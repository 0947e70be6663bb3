using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Freshness;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Retrieval.Commits;
using McpLongContext.Context.Retrieval.Highlights;
using McpLongContext.Context.Telemetry;
using McpLongContext.Storage;
using McpLongContext.Storage.Passages;

namespace McpLongContext.Context.Retrieval;

/// <summary>Answers questions to a datastore with cited evidence.</summary>
internal sealed class Retriever(
    DatastoreRegistry datastores,
    EncoderProvider encoders,
    EncodingDemands demands,
    QueryPriority questions,
    BackgroundEncoding background,
    RetrievalWarmUp warmUp,
    FreshnessKeeper freshness,
    HistoryKeeper history,
    DocumentFinder finder,
    DocumentPaths paths,
    TimeProvider time
) : IRetriever
{
    private const int NamedDamage = 3;
    private const int NamedTexts = 3;
    internal const string CutNote =
        "The passage was cut to fit max_tokens; ask with more tokens, or read the document's lines.";

    private RetrievalEncoder? _encoder;

    /// <inheritdoc/>
    public Task<QueryResult> QueryAsync(QueryRequest request, CancellationToken cancellation) =>
        Operation.MeasureAsync(
            Operation.Retrieval,
            request.Datastore,
            time,
            () => FindEvidenceAsync(request, cancellation)
        );

    private async Task<QueryResult> FindEvidenceAsync(QueryRequest request, CancellationToken cancellation)
    {
        // While files are read, the cores have time for what the search needs.
        var preparing =
            _encoder is null && background.IsReading(request.Datastore)
                ? warmUp.PrepareAsync(cancellation)
                : Task.CompletedTask;
        await Task.WhenAll(background.WaitForIndexAsync(request.Datastore, cancellation), preparing);

        // Judged before the search: what is read while it runs may be missing from it.
        var reading = background.StillReading(request.Datastore);
        var unread = HistoryQuestion.Of(request.Question) is null
            ? []
            : await history.EnsureAsync(request.Datastore, cancellation);
        var result = await SearchFreshAsync(request, cancellation);
        TokenCounter.Prepare();
        await background.ResumeAsync(request.Datastore, cancellation);
        string?[] notes = [.. result.Notes, .. unread, reading, freshness.WatchNote(request.Datastore)];
        return result with { Notes = [.. notes.OfType<string>()] };
    }

    /// <summary>Ranks single passages for a query, neither merged nor cut to a budget.</summary>
    /// <param name="datastore">The datastore to search.</param>
    /// <param name="question">The query.</param>
    /// <param name="document">The only document to search; <see langword="null"/> searches all.</param>
    /// <param name="top">The most passages to return.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public async Task<IReadOnlyList<Evidence>> RankAsync(
        string datastore,
        string question,
        string? document,
        int top,
        CancellationToken cancellation
    )
    {
        var store = datastores.Open(datastore);
        using var running = questions.Announce();
        var encoder = await EncoderAsync(datastore, cancellation);
        return await Task.Run<IReadOnlyList<Evidence>>(
            () =>
            {
                using var snapshot = store.Snapshot();
                var (scope, passages) = (PassageScope.All, (int)snapshot.Documents.PassageCount);
                if (document is not null)
                {
                    var only = finder.Find(snapshot, document) ?? throw finder.Unknown(snapshot, datastore, document);
                    (scope, passages) = (PassageScope.Of([only]), only.PassageCount);
                }

                var ranking = Rank(snapshot, question, scope, passages, encoder, paths, cancellation);
                return [.. AssemblerOf(snapshot, ranking, paths).Show(ranking.Passages.Take(top))];
            },
            cancellation
        );
    }

    /// <summary>Answers a question.</summary>
    /// <param name="snapshot">The state of the datastore to ask.</param>
    /// <param name="request">The question.</param>
    /// <param name="encoder">Encodes the question; <see langword="null"/> searches by BM25 alone, with a note.</param>
    /// <param name="paths">Shows paths.</param>
    /// <param name="time">Measures the search.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <param name="stale">Paths of documents that are not searched, because their files have changed since.</param>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    public static QueryResult Query(
        DatastoreSnapshot snapshot,
        QueryRequest request,
        RetrievalEncoder? encoder,
        DocumentPaths paths,
        TimeProvider time,
        CancellationToken cancellation,
        IReadOnlySet<string>? stale = null
    )
    {
        var start = time.GetTimestamp();
        Limits.Require("max_tokens", request.MaxTokens, Limits.MinEvidenceTokens, Limits.MaxEvidenceTokens);
        if (request.TopK is { } topK)
        {
            Limits.Require("top_k", topK, 1, Limits.MaxTopK);
        }

        var cursor = Cursor.Of(request, snapshot.Generation);
        var ranking = Rank(snapshot, request, encoder, paths, cancellation, stale);
        var commits = new CommitEvidence(snapshot.Commits, paths).Find(request);
        var commitTokens = commits.Sum(commit => TokenCounter.Count(commit.Text));
        var page = AssemblerOf(snapshot, ranking, paths)
            .Assemble(ranking.Passages, cursor.Offset, request.MaxTokens - commitTokens, request.TopK - commits.Count);
        var next = cursor with { Offset = cursor.Offset + page.Hits };
        return new QueryResult
        {
            Datastore = request.Datastore,
            Evidence = [.. commits, .. page.Evidence],
            Ranked = [.. commits, .. page.Ranked],
            NextCursor = next.Offset < ranking.Passages.Count ? next.ToString() : null,
            Tokens = commitTokens + page.Tokens,
            SearchedPassages = ranking.SearchedPassages,
            ElapsedMilliseconds = time.GetElapsedTime(start).TotalMilliseconds,
            Notes =
            [
                .. ranking.Notes,
                .. LanguageNotes(request.Question, page.Evidence, encoder),
                .. page.IsCut ? [CutNote] : Array.Empty<string>(),
                .. DamageNotes(request.Datastore, [.. EntryDamage(snapshot, paths), .. ranking.Damage, .. page.Damage]),
            ],
        };
    }

    /// <summary>Ranks single passages for a question; budget and cursor of the request play no part.</summary>
    /// <inheritdoc cref="Query"/>
    public static RankingResult Rank(
        DatastoreSnapshot snapshot,
        QueryRequest request,
        RetrievalEncoder? encoder,
        DocumentPaths paths,
        CancellationToken cancellation,
        IReadOnlySet<string>? stale = null
    )
    {
        var (scope, searched) = ScopeOf(snapshot, request.PathGlob, paths, stale);
        return searched == 0
            ? new RankingResult([], null, null, 0, [NothingToSearch(snapshot, request, paths)], [])
            : Rank(snapshot, request.Question, scope, searched, encoder, paths, cancellation);
    }

    /// <summary>Ranks single passages in scope for a question.</summary>
    /// <exception cref="ContextException">The question is not valid.</exception>
    public static RankingResult Rank(
        DatastoreSnapshot snapshot,
        string text,
        PassageScope scope,
        int searched,
        RetrievalEncoder? encoder,
        DocumentPaths paths,
        CancellationToken cancellation
    )
    {
        var question = QueryAnalyzer.Analyze(text);
        var index = encoder is null ? null : snapshot.Embeddings(encoder.Key);
        var ranker = new PassageRanker(snapshot, encoder, index, paths);
        var ranked = ranker.Rank(question, scope, cancellation);
        return new RankingResult(
            ranked.Passages,
            ranked.Places,
            new Highlighter(ranked.Scorer),
            searched,
            [.. Notes(text, ranked.Passages.Count, searched, ranker.CoveredPassages, encoder)],
            ranker.Damage
        );
    }

    private static EvidenceAssembler AssemblerOf(
        DatastoreSnapshot snapshot,
        RankingResult ranking,
        DocumentPaths paths
    ) => new(new SnapshotEvidence(snapshot), paths, ranking.Highlighter, ranking.Places);

    /// <summary>
    /// Searches while the files are compared with the datastore; where they differ, or another process has stored
    /// files meanwhile, once more.
    /// </summary>
    private async Task<QueryResult> SearchFreshAsync(QueryRequest request, CancellationToken cancellation)
    {
        using var asStored = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var search = SearchAsync(request, new HashSet<string>(), asStored.Token);
        try
        {
            var check = await freshness.EnsureAsync(request.Datastore, request.Question, asStored.Cancel, cancellation);
            if (!asStored.IsCancellationRequested && check.Stale.Count == 0)
            {
                var (result, version) = await search;
                if (check.Report is null || version == SourceVersionOf(request.Datastore))
                {
                    return result with { Freshness = await check.CompleteAsync() };
                }
            }

            var (fresh, _) = await SearchAsync(request, check.Stale, cancellation);
            return fresh with { Freshness = await check.CompleteAsync() };
        }
        finally
        {
            await asStored.CancelAsync();
            await ((Task)search).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private long SourceVersionOf(string datastore)
    {
        using var snapshot = datastores.Open(datastore).Snapshot();
        return snapshot.SourceVersion;
    }

    private async Task<(QueryResult Result, long SourceVersion)> SearchAsync(
        QueryRequest request,
        IReadOnlySet<string> stale,
        CancellationToken cancellation
    )
    {
        var datastore = datastores.Open(request.Datastore);
        using var running = questions.Announce();
        var encoder = await EncoderAsync(request.Datastore, cancellation);
        return await Task.Run(
            () =>
            {
                using var snapshot = datastore.Snapshot();
                return (Query(snapshot, request, encoder, paths, time, cancellation, stale), snapshot.SourceVersion);
            },
            cancellation
        );
    }

    private async Task<RetrievalEncoder?> EncoderAsync(string datastore, CancellationToken cancellation)
    {
        var loaded = await encoders.FindAsync(cancellation);
        var encoder = _encoder;
        if (loaded is not null && encoder?.Model != loaded)
        {
            _encoder = encoder = new RetrievalEncoder(loaded);
        }

        return encoder?.Telling(demands.Of(datastore));
    }

    private static string NothingToSearch(DatastoreSnapshot snapshot, QueryRequest request, DocumentPaths paths) =>
        snapshot.Documents.PassageCount == 0 ? $"Datastore '{request.Datastore}' is empty: ingest a document first."
        : ScopeOf(snapshot, request.PathGlob, paths, stale: null).Passages == 0
            ? $"No document of datastore '{request.Datastore}' matches path_glob '{request.PathGlob}'."
        : $"Everything to search in datastore '{request.Datastore}' was left out: the files are changed or missing.";

    /// <summary>Notes on a search, a sentence each.</summary>
    /// <param name="question">The question.</param>
    /// <param name="found">Passages that were found.</param>
    /// <param name="searched">Passages in scope.</param>
    /// <param name="covered">Those of them with embeddings.</param>
    /// <param name="encoder">The encoder; <see langword="null"/>: none is installed.</param>
    internal static IEnumerable<string> Notes(
        string question,
        int found,
        int searched,
        int covered,
        RetrievalEncoder? encoder
    )
    {
        if (found == 0)
        {
            yield return "Nothing was found: no passage has a word of the question.";
        }

        if (encoder is null)
        {
            yield return "Lexical (BM25) search only: no encoder is installed: "
                + "run 'mcp-long-context models install'.";
        }
        else if (covered < searched)
        {
            yield return $"{searched - covered} of {searched} passages are not encoded yet: "
                + "they were searched lexically (BM25), and the best of them by embeddings.";
        }

        if (UnknownOf(question, encoder) is { } language)
        {
            yield return $"The question seems to be in {language.Name}, which the installed encoder was not trained on: it "
                + "finds little by its embeddings there. Words that the question and a text share are found in every "
                + "language; for a text in English, ask in English.";
        }
    }

    /// <summary>The evidence in languages that the encoder was not trained on, unless the question is in one, too.</summary>
    internal static IEnumerable<string> LanguageNotes(
        string question,
        IReadOnlyList<Evidence> evidence,
        RetrievalEncoder? encoder
    )
    {
        if (encoder is null || UnknownOf(question, encoder) is not null)
        {
            return [];
        }

        return evidence
            .Select(item => (item.Path, Language: QueryLanguage.ForeignOfText(item.Text)))
            .Where(item => item.Language is { } language && !encoder.Knows(language))
            .GroupBy(item => item.Language!.Name, item => item.Path, StringComparer.Ordinal)
            .Select(texts =>
                $"{string.Join(", ", texts.Distinct(StringComparer.Ordinal).Take(NamedTexts))} seems to be in {texts.Key}, which the "
                + "installed encoder was not trained on: such texts are found by the words that they share with the question "
                + "alone. Ask in their language, too."
            );
    }

    /// <summary>The language of a question where the encoder does not know it.</summary>
    private static ForeignLanguage? UnknownOf(string question, RetrievalEncoder? encoder) =>
        QueryLanguage.ForeignOf(question) is { } language && encoder?.Knows(language) == false ? language : null;

    private static IEnumerable<string> EntryDamage(DatastoreSnapshot snapshot, DocumentPaths paths) =>
        snapshot.Documents.Damaged.Select(entry =>
            $"The entry of document {paths.Show(entry.Path)} is damaged; it was not searched."
        );

    /// <summary>The damage that the search skipped, and the repair.</summary>
    internal static IEnumerable<string> DamageNotes(string datastore, IReadOnlyCollection<string> damage)
    {
        if (damage.Count == 0)
        {
            return [];
        }

        var rest = damage.Count > NamedDamage ? $" There are {damage.Count - NamedDamage} more such places." : "";
        return damage
            .Take(NamedDamage)
            .Append(
                $"Datastore '{datastore}' is damaged; what is whole was searched.{rest} "
                    + $"Run 'mcp-long-context datastores verify {datastore} --repair', then ingest again."
            );
    }

    /// <summary>The passages to search, and their number.</summary>
    /// <param name="snapshot">The state of the datastore.</param>
    /// <param name="glob">Only documents whose path matches; <see langword="null"/>: all.</param>
    /// <param name="paths">Shows paths.</param>
    /// <param name="stale">Paths of documents that are left out.</param>
    /// <exception cref="ContextException">The pattern is malformed.</exception>
    internal static (PassageScope Scope, int Passages) ScopeOf(
        DatastoreSnapshot snapshot,
        string? glob,
        DocumentPaths paths,
        IReadOnlySet<string>? stale
    )
    {
        var isAnyStale = stale is { Count: > 0 };
        if (glob is null && !isAnyStale)
        {
            return (PassageScope.All, (int)snapshot.Documents.PassageCount);
        }

        var documents = glob is null ? snapshot.Documents.All : PathGlob.Select(glob, snapshot.Documents.All, paths);
        if (isAnyStale)
        {
            documents = [.. documents.Where(document => !stale!.Contains(document.Path))];
        }

        var scope = PassageScope.Of(documents);
        return (scope, (int)scope.Ranges.Sum(range => range.Last - range.First + 1));
    }
}

/// <summary>The passages found for a question.</summary>
/// <param name="Passages">Best first, not merged.</param>
/// <param name="Places">The documents in which they are cited; <see langword="null"/> where nothing was found.</param>
/// <param name="Highlighter">Marks what aligns best with the question; <see langword="null"/> where nothing was found.</param>
/// <param name="SearchedPassages">Passages in scope.</param>
/// <param name="Notes">Notes for the user, a sentence each.</param>
/// <param name="Damage">The damage found, a sentence each.</param>
internal sealed record RankingResult(
    IReadOnlyList<RankedPassage> Passages,
    PassagePlaces? Places,
    Highlighter? Highlighter,
    int SearchedPassages,
    IReadOnlyList<string> Notes,
    IReadOnlyCollection<string> Damage
);
