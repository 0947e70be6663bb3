using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Encoders;
using McpLongContext.Context.Retrieval;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.LateChunking;
using McpLongContext.Storage.Embeddings;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Questions with the default encoder.</summary>
public sealed class RetrievalByMeaningTests : IAsyncLifetime
{
    private const string Pets = """
        The cat slept on the warm roof all afternoon.
        Interest rates rose again, and savers were glad of it.
        He repaired the brakes of his old bicycle in the garage.
        The orchestra tuned their violins before the concert.
        She baked bread with rye flour and caraway seeds.
        """;

    private readonly SnapshotSearch _retriever = new(
        new DocumentPaths(SampleDatastore.WorkingDirectory),
        TimeProvider.System
    );
    private readonly EncodingDemand _demand = new();
    private readonly QueryPriority _questions = new();
    private LoadedEncoder _model = null!;

    public async ValueTask InitializeAsync()
    {
        var folder = await TestModels.EncoderAsync();
        _model = new LoadedEncoder(new ModelStore().List().Single(model => model.Folder == folder), Precision.Float32);
    }

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("a feline resting in the sun", 1)]
    [InlineData("what do banks pay on deposits?", 2)]
    [InlineData("fixing a two-wheeled vehicle", 3)]
    [InlineData("musicians getting ready to play", 4)]
    public async Task A_passage_without_any_word_of_the_question_is_found_by_its_meaning(string question, int line)
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        await EncodeAsync(sample);

        Assert.Equal($"pets.txt:{line}-{line}", Ask(sample, question, topK: 1).Evidence[0].Citation);
    }

    [Fact]
    public async Task The_sentence_that_answers_is_highlighted_without_any_word_of_the_question()
    {
        using var sample = new SampleDatastore();
        sample.Put("pets.txt", "Prose", Pets, linesPerPassage: 5);
        sample.Put(
            "pets.cs",
            "Code",
            "int Sum(int a) => a;\nvoid FixBrakes() { }\nvoid Sing() { }",
            linesPerPassage: 3
        );
        await EncodeAsync(sample);

        Assert.Equal(3, Marked("repairing a two-wheeled vehicle", "pets.txt")[0].StartLine);
        Assert.Equal(5, Marked("a loaf with seeds", "pets.txt")[0].StartLine);
        Assert.Equal(2, Marked("repairing the car so that it stops", "pets.cs")[0].StartLine);

        List<Highlight> Marked(string question, string path) =>
            [
                .. Ask(sample, question, glob: path)
                    .Evidence.SelectMany(evidence => evidence.Highlights)
                    .OrderByDescending(highlight => highlight.Score),
            ];
    }

    [Fact]
    public void Where_states_are_missing_meaning_still_decides_among_passages_with_the_words()
    {
        using var sample = new SampleDatastore(
            ("a.txt", "Data", "The bank of the river was muddy.\nThe bank of the town leased money to farmers.")
        );

        var result = Ask(sample, "bank loan credit");

        Assert.EndsWith(":2-2", Ask(sample, "bank loan credit", topK: 1).Evidence[0].Citation);
        Assert.Contains(result.Notes, note => note.Contains("2 of 2 passages are not encoded yet"));
    }

    [Fact]
    public async Task States_computed_for_a_question_rank_as_stored_ones_do()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        var late = Ranked(sample, "the old cat and the bread");
        await EncodeAsync(sample);
        var stored = Ranked(sample, "the old cat and the bread");

        Assert.Equal(late, stored.Where(late.Contains));
    }

    [Fact]
    public async Task States_computed_for_a_question_are_stored_by_the_encoding_that_goes_on_meanwhile()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        var late = Ranked(sample, "the old cat and the bread");

        using (var snapshot = sample.Datastore.Snapshot())
        {
            var missing = snapshot.Missing(_model.Key, snapshot.Documents.All[0]);
            Assert.Equal([new OrdinalRun(0, 5)], missing);
        }

        var kept = _demand.TakeEmbeddings(new ChunkSettings());
        Assert.Equal(late.Count, kept.Sum(run => run.Passages.TokenCounts.Length));
        Assert.Empty(_demand.TakeEmbeddings(new ChunkSettings()));

        Ranked(sample, "the old cat and the bread");
        await EncodeAsync(sample);
        Assert.Empty(_demand.TakeEmbeddings(new ChunkSettings()));
        Assert.Equal(late, Ranked(sample, "the old cat and the bread").Where(late.Contains));
    }

    [Fact]
    public async Task Encoding_rests_while_a_question_runs_and_goes_on_behind_it()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        var question = _questions.Announce();
        var encoding = EncodeAsync(sample);

        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.False(encoding.IsCompleted);

        question.Dispose();
        await encoding;
        Assert.DoesNotContain(Ask(sample, "the old cat").Notes, note => note.Contains("not encoded"));
    }

    [Fact]
    public async Task Questions_that_never_cease_do_not_stop_the_encoding()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        var encoding = EncodeAsync(sample);
        for (var question = _questions.Announce(); !encoding.IsCompleted; )
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
            var next = _questions.Announce();
            question.Dispose();
            question = next;
        }

        await encoding;
    }

    [Fact]
    public void States_that_depend_on_neighbors_are_not_kept_but_their_document_comes_next()
    {
        using var sample = new SampleDatastore(("pets.txt", "Prose", Pets));
        Ranked(sample, "the old cat and the bread");

        using var snapshot = sample.Datastore.Snapshot();
        Assert.Empty(_demand.TakeEmbeddings(new ChunkSettings()));
        Assert.True(_demand.TryTakeContent(out var content));
        Assert.Equal(snapshot.Documents.All[0].ContentKey, content);
        Assert.False(_demand.TryTakeContent(out _));
    }

    [Fact]
    public void States_of_other_chunk_settings_are_not_kept()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets));
        Ranked(sample, "the old cat and the bread");

        Assert.Empty(_demand.TakeEmbeddings(new ChunkSettings(size: 64)));
    }

    [Fact]
    public async Task A_path_pattern_holds_for_what_is_found_by_meaning()
    {
        using var sample = new SampleDatastore(("pets.txt", "Data", Pets), ("more.md", "Data", "Dogs bark."));
        await EncodeAsync(sample);

        var result = Ask(sample, "a feline resting in the sun", glob: "*.md");

        Assert.Equal("more.md", Assert.Single(result.Evidence).Path);
    }

    [Fact]
    public async Task The_same_question_gives_the_same_ranking()
    {
        using var sample = new SampleDatastore(("pets.txt", "Prose", Pets));
        await EncodeAsync(sample);

        Assert.Equal(Ranked(sample, "who sleeps?"), Ranked(sample, "who sleeps?"));
    }

    [Fact]
    public async Task A_question_of_punctuation_finds_nothing_and_fails_nowhere()
    {
        using var sample = new SampleDatastore(("pets.txt", "Prose", Pets));
        await EncodeAsync(sample);

        Assert.NotNull(Ask(sample, "?!"));
    }

    private Task EncodeAsync(SampleDatastore sample) =>
        new PendingEncoder(sample.Datastore, _model, _demand, _questions).RunAsync(
            _ => { },
            TestContext.Current.CancellationToken
        );

    private QueryResult Ask(SampleDatastore sample, string question, int? topK = null, string? glob = null)
    {
        var request = new QueryRequest
        {
            Question = question,
            TopK = topK,
            PathGlob = glob,
        };
        using var snapshot = sample.Datastore.Snapshot();
        return _retriever.Query(snapshot, request, new RetrievalEncoder(_model), CancellationToken.None);
    }

    private List<long> Ranked(SampleDatastore sample, string question)
    {
        using var snapshot = sample.Datastore.Snapshot();
        var request = new QueryRequest { Question = question };
        var ranking = _retriever.Rank(
            snapshot,
            request,
            new RetrievalEncoder(_model).Telling(_demand),
            CancellationToken.None
        );
        return [.. ranking.Passages.Select(hit => hit.Id)];
    }
}
