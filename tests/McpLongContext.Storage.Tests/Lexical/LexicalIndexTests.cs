using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Lexical;
using McpLongContext.Storage.Passages;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Lexical;

public sealed class LexicalIndexTests : IDisposable
{
    private static readonly ColumnWeights s_plain = new(1, 1, 0);

    private readonly TemporaryHome _home = new();
    private readonly Datastore _datastore;

    public LexicalIndexTests() => _datastore = _home.Home.OpenOrCreate("test");

    public void Dispose()
    {
        _datastore.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void Scores_are_those_of_the_formula()
    {
        string[] texts = ["apple banana", "apple apple cherry date", "banana", "elder apple fig grape hop iris"];
        _datastore.Apply(Put(Document("..", texts)));
        using var snapshot = _datastore.Snapshot();
        var found = snapshot.Lexical.Search(
            [new WeightedTerm("appl"), new WeightedTerm("banana", 2)],
            PassageScope.All,
            int.MaxValue,
            s_plain
        );

        var average = texts.Average(text => text.Split(' ').Length);
        float Score(int passage)
        {
            var words = texts[passage].Split(' ');
            return (float)(Part("apple", 1) + Part("banana", 2));

            double Part(string word, double weight)
            {
                double n = texts.Count(text => text.Contains(word, StringComparison.Ordinal));
                var idf = Math.Log(1 + ((texts.Length - n + 0.5) / (n + 0.5)));
                double tf = words.Count(w => w == word);
                return weight * idf * tf * 2.2 / (tf + (1.2 * (0.25 + (0.75 * words.Length / average))));
            }
        }

        var first = snapshot.Documents.All[0].FirstPassage;
        Assert.Equal(4, found.Count);
        Assert.All(found, hit => Assert.Equal(Score((int)(hit.Passage - first)), hit.Score, 1e-5f));
        Assert.Equal(found.OrderByDescending(hit => hit.Score), found);
    }

    [Fact]
    public void The_best_are_returned_best_first_and_equal_ones_by_id()
    {
        _datastore.Apply(Put(Document("a", "fox", "fox hen", "fox fox fox", "hen", "fox hen")));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal([3, 1, 2, 5], Best(4));
        Assert.Equal([3, 1, 2, 5], Best(9));
        Assert.Equal([3, 1], Best(2));

        IEnumerable<long> Best(int limit) =>
            snapshot
                .Lexical.Search([new WeightedTerm("fox")], PassageScope.All, limit, s_plain)
                .Select(hit => hit.Passage);
    }

    [Fact]
    public void A_word_of_nearly_every_passage_still_tells_those_that_have_it_more_often()
    {
        _datastore.Apply(Put(Document("a", "fox", "fox fox", "fox fox fox", "hen")));
        using var snapshot = _datastore.Snapshot();
        var expected = Math.Log(1 + ((4 - 3 + 0.5) / (3 + 0.5)));
        Assert.Equal(expected, snapshot.Lexical.InverseDocumentFrequency("fox"), 1e-12);
        var hits = snapshot.Lexical.Search([new WeightedTerm("fox")], PassageScope.All, 4, s_plain);
        Assert.Equal([3, 2, 1], hits.Select(hit => hit.Passage));
        Assert.All(hits, hit => Assert.InRange(hit.Score, 0.4f * expected, 2.2f * expected));
    }

    [Fact]
    public void A_search_by_words_can_be_stopped_and_needs_a_scope_and_a_limit()
    {
        _datastore.Apply(Put(Document("a", "fox")));
        using var snapshot = _datastore.Snapshot();
        WeightedTerm[] terms = [new("fox")];
        Assert.Throws<OperationCanceledException>(() =>
            snapshot.Lexical.Search(terms, PassageScope.All, 1, s_plain, new CancellationToken(canceled: true))
        );
        Assert.Throws<ArgumentNullException>(() => snapshot.Lexical.Search(terms, null!, 1, s_plain));
        Assert.Throws<ArgumentNullException>(() => snapshot.Lexical.Search([], null!, 1, s_plain));
        Assert.Throws<ArgumentOutOfRangeException>(() => snapshot.Lexical.Search(terms, PassageScope.All, 0, s_plain));
        Assert.Throws<ArgumentNullException>(() => snapshot.Exact.Find(null!, PassageScope.All, 1));
        Assert.Throws<ArgumentNullException>(() => snapshot.Exact.Find("fox", null!, 1));
    }

    [Fact]
    public void Context_and_path_are_found_and_weighed()
    {
        var document = Document("src/RetryPolicy.cs", "nothing here") with
        {
            Passages = [new NewPassage(1, 1, "body text", "class Backoff")],
        };
        _datastore.Apply(Put(document, Document("b.txt", "retry")));
        using var snapshot = _datastore.Snapshot();
        Assert.Single(Search(snapshot, "backoff"));
        var hits = Search(snapshot, "retry");
        Assert.Equal(2, hits.Count);
        Assert.Equal("src/RetryPolicy.cs", snapshot.Documents.OfPassage(hits[0].Passage).Path);
    }

    [Fact]
    public void Removed_and_replaced_words_are_found_no_more()
    {
        _datastore.Apply(Put(Document("a", "alpha beta"), Document("b", "alpha gamma")));
        _datastore.Apply(Put(Document("a", "delta")));
        _datastore.Apply(Remove("b"));
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(Search(snapshot, "alpha"));
        Assert.Empty(Search(snapshot, "gamma"));
        Assert.Single(Search(snapshot, "delta"));
    }

    [Fact]
    public void A_removed_or_replaced_document_leaves_no_word_of_its_path_behind()
    {
        _datastore.Apply(Put(Document("harbour/lighthouse.md", "one"), Document("meadow/sheep.md", "two")));
        _datastore.Apply(Put(Document("harbour/lighthouse.md", "other", "words")));
        using (var replaced = _datastore.Snapshot())
        {
            Assert.Equal(2, Frequency(replaced, "lighthouse"));
        }

        _datastore.Apply(Put(Document("meadow/grass.md", "three")));
        _datastore.Apply(Remove("harbour/lighthouse.md"));
        using var removed = _datastore.Snapshot();
        Assert.Equal(
            (0, 1, 1),
            (Frequency(removed, "lighthouse"), Frequency(removed, "sheep"), Frequency(removed, "grass"))
        );

        static long Frequency(DatastoreSnapshot snapshot, string word) =>
            snapshot.Lexical.DocumentFrequency(TermAnalyzer.Terms(word)[0]);
    }

    [Fact]
    public void A_scope_of_many_documents_filters_like_one_of_few()
    {
        _datastore.Apply(Put(Enumerable.Range(0, 60).Select(i => Document($"{i:D2}", "shared", $"own{i}")).ToArray()));
        using var snapshot = _datastore.Snapshot();
        var even = snapshot.Documents.All.Where((_, i) => i % 2 == 0).ToArray();
        Assert.Equal(30, Search(snapshot, "shared", PassageScope.Of(even)).Count);
        Assert.Equal(2, Search(snapshot, "shared", PassageScope.Of(even[..2])).Count);
        Assert.Empty(Search(snapshot, "shared", PassageScope.Of([])));
    }

    [Fact]
    public void A_common_term_is_left_out_when_a_rarer_one_exists()
    {
        var texts = Enumerable.Range(0, 1500).Select(i => i % 100 == 0 ? "common rare" : "common").ToArray();
        _datastore.Apply(Put(Document("a", texts)));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(15, Search(snapshot, "common rare").Count);
        Assert.Equal(1500, Search(snapshot, "common").Count);
    }

    [Theory]
    [InlineData(1200, 1000, 1000)]
    [InlineData(1200, 1001, 15)]
    [InlineData(5010, 1002, 1002)]
    [InlineData(5010, 1003, 15)]
    public void A_term_is_common_in_more_than_a_thousand_passages_and_a_fifth_of_them(int passages, int with, int found)
    {
        var texts = new string[passages];
        for (var i = 0; i < passages; i++)
        {
            texts[i] =
                i < 15 ? "frequent rare"
                : i < with ? "frequent"
                : "other";
        }

        _datastore.Apply(Put(Document("a", texts)));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(found, Search(snapshot, "frequent rare").Count);
    }

    [Fact]
    public void An_exact_search_reads_no_more_than_the_2000_best_passages()
    {
        _datastore.Apply(Put(Document("a", [.. Enumerable.Repeat("zebra", 2001)])));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(2000, snapshot.Exact.Find("zebra", PassageScope.All, int.MaxValue).Count);
    }

    [Fact]
    public void An_index_that_is_built_anew_finds_text_context_and_path_as_before()
    {
        var first = Document("meadow/sheep.md", "one", "two") with
        {
            Passages = [new NewPassage(1, 1, "alpha", "Heading"), new NewPassage(2, 2, "beta", "Other")],
        };
        _datastore.Apply(Put(first, Document("harbour/lighthouse.md", "alpha")));
        string[] words = ["alpha", "beta", "heading", "other", "sheep", "harbour", "lighthouse"];
        var before = Frequencies();
        Assert.Equal([2, 1, 1, 1, 2, 1, 1], before);
        _datastore.Write(database =>
        {
            LexicalWriter.Rebuild(database);
            return true;
        });
        Assert.Equal(before, Frequencies());
        _datastore.Apply(Remove("meadow/sheep.md", "harbour/lighthouse.md"));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0], Frequencies());

        long[] Frequencies()
        {
            using var snapshot = _datastore.Snapshot();
            return [.. words.Select(word => snapshot.Lexical.DocumentFrequency(TermAnalyzer.Terms(word)[0]))];
        }
    }

    [Fact]
    public void Exact_matches_are_whole_words_with_the_same_capitals_first()
    {
        _datastore.Apply(
            Put(
                Document(
                    "a",
                    "int retrycount = 0;",
                    "int RetryCount;",
                    "int RetryCounter;",
                    "RetryCount + RetryCount",
                    "retry the count"
                )
            )
        );
        using var snapshot = _datastore.Snapshot();
        var first = snapshot.Documents.All[0].FirstPassage;
        Assert.Equal(
            [
                new ExactMatch(first + 3, SameCase: true, 2),
                new ExactMatch(first + 1, SameCase: true, 1),
                new ExactMatch(first, SameCase: false, 1),
            ],
            snapshot.Exact.Find("RetryCount", PassageScope.All, 10)
        );
    }

    [Theory]
    [InlineData("quick brown fox")]
    [InlineData("to be or not to be")]
    [InlineData("=>")]
    [InlineData("東京")]
    [InlineData("a.b(c)")]
    public void A_phrase_is_found_across_a_line_break_whatever_it_is_made_of(string phrase)
    {
        var wrapped = phrase.Replace(" ", "\n  ", StringComparison.Ordinal);
        _datastore.Apply(Put(Document("a", "other brown quick fox be", $"x = {wrapped}, done 都東京都")));
        using var snapshot = _datastore.Snapshot();
        var match = Assert.Single(snapshot.Exact.Find(phrase, PassageScope.All, 10));
        Assert.Equal(snapshot.Documents.All[0].FirstPassage + 1, match.Passage);
        Assert.True(match.SameCase);
    }

    [Theory]
    [InlineData("fox", 1, "fox")]
    [InlineData("fox", 0, "foxes")]
    [InlineData("fox", 0, "afox")]
    [InlineData("fox", 2, "fox, fox")]
    [InlineData("fox", 1, "the fox")]
    [InlineData("fox", 1, "afox fox foxes")]
    [InlineData(" ", 0, "a b")]
    [InlineData("the", 1, "of the")]
    [InlineData("the", 0, "other")]
    public void Whole_words_are_counted(string literal, int count, string text)
    {
        _datastore.Apply(Put(Document("a", text)));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(count, snapshot.Exact.Find(literal, PassageScope.All, 10).Sum(match => match.Count));
    }

    [Theory]
    [InlineData("zebra")]
    [InlineData("=>")]
    public void Exact_matches_are_in_scope_and_no_more_than_asked_for(string literal)
    {
        _datastore.Apply(Put(Document("a", literal), Document("b", literal, "other"), Document("c", literal)));
        using var snapshot = _datastore.Snapshot();
        var scope = PassageScope.Of(snapshot.Documents.All.Where(document => document.Path != "a"));
        Assert.Equal([2, 4], snapshot.Exact.Find(literal, scope, 10).Select(match => match.Passage));
        Assert.Equal([2], snapshot.Exact.Find(literal, scope, 1).Select(match => match.Passage));
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(1001, 0)]
    public void A_literal_is_found_up_to_a_length(int length, int found)
    {
        var literal = string.Concat(Enumerable.Repeat("fox ", 400))[..(length - 1)] + "x";
        _datastore.Apply(Put(Document("a", literal)));
        using var snapshot = _datastore.Snapshot();
        Assert.Equal(found, snapshot.Exact.Find(literal, PassageScope.All, 10).Count);
    }

    [Fact]
    public void A_search_for_a_literal_can_be_stopped()
    {
        _datastore.Apply(Put(Document("a", "zebra")));
        using var snapshot = _datastore.Snapshot();
        Assert.Throws<OperationCanceledException>(() =>
            snapshot.Exact.Find("zebra", PassageScope.All, 10, new CancellationToken(canceled: true))
        );
    }

    [Theory]
    [InlineData("\" OR 1=1 --")]
    [InlineData("NEAR(a b)")]
    [InlineData("body : *")]
    [InlineData("(((")]
    public void Query_syntax_in_a_question_is_just_text(string question)
    {
        _datastore.Apply(Put(Document("a", "near or body")));
        using var snapshot = _datastore.Snapshot();
        Assert.Empty(snapshot.Exact.Find(question, PassageScope.All, 10));
        _ = Search(snapshot, question);
        Assert.Empty(snapshot.Lexical.Search([new WeightedTerm(question)], PassageScope.All, 10, new ColumnWeights()));
    }

    private static IReadOnlyList<ScoredPassage> Search(
        DatastoreSnapshot snapshot,
        string question,
        PassageScope? scope = null
    ) =>
        snapshot.Lexical.Search(
            TermAnalyzer.Terms(question).Select(term => new WeightedTerm(term)),
            scope ?? PassageScope.All,
            int.MaxValue,
            new ColumnWeights()
        );
}
