using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Questions by BM25 alone: what does not depend on a model.</summary>
public sealed class RetrieverTests
{
    private static readonly string s_lines = string.Join(
        '\n',
        Enumerable.Range(1, 60).Select(i => $"Line {i} tells of harbour {(i % 7 == 0 ? "cranes" : "boats")} and tides.")
    );

    private readonly SnapshotSearch _retriever = new(
        new DocumentPaths(SampleDatastore.WorkingDirectory),
        TimeProvider.System
    );

    /// <summary>Counts are exact from the first answer on.</summary>
    static RetrieverTests() => TokenCounter.Load();

    [Fact]
    public void Evidence_cites_the_lines_that_it_shows()
    {
        using var sample = new SampleDatastore(
            ("docs/tower.txt", "Data", "A town.\nThe lighthouse keeper sleeps.\nA meadow.")
        );

        var evidence = Assert.Single(Ask(sample, "lighthouse keeper", topK: 1).Evidence);

        Assert.Equal("docs/tower.txt:2-2", evidence.Citation);
        Assert.Equal("The lighthouse keeper sleeps.", evidence.Text);
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("\r\n \r\n\t\r\n")]
    public void Blank_lines_between_neighbors_count_and_pages_lose_no_hit(string line)
    {
        var blank = string.Concat(Enumerable.Repeat(line, 30));
        var text = string.Join(blank, Enumerable.Range(1, 30).Select(i => $"The lamp of harbor number {i} is lit."));
        using var sample = new SampleDatastore();
        sample.Put("lamps.txt", "Data", text, linesPerPassage: blank.Count(static sign => sign == '\n'));
        var seen = new List<int>();
        string? cursor = null;
        do
        {
            var page = Ask(sample, "harbor lamp", cursor: cursor, maxTokens: 300);
            Assert.InRange(page.Evidence.Sum(one => TokenCounter.Count(one.Text)), 1, 300);
            Assert.Equal(page.Evidence.Sum(one => TokenCounter.Count(one.Text)), page.Tokens);
            seen.AddRange(page.Ranked.Select(one => one.StartLine));
            cursor = page.NextCursor;
        } while (cursor is not null);

        Assert.Equal(seen.Distinct().Count(), seen.Count);
        Assert.Equal(Ask(sample, "harbor lamp", maxTokens: 30_000).Ranked.Count, seen.Count);
    }

    [Fact]
    public void The_sentences_with_the_words_of_the_question_are_highlighted_while_nothing_is_encoded()
    {
        using var sample = new SampleDatastore();
        const string Text = "A town lies there.\nIts keeper sleeps. The lighthouse has a lamp.\nThe end, at last.";
        sample.Put("tower.txt", "Prose", Text, linesPerPassage: 3);

        var highlight = Assert.Single(Assert.Single(Ask(sample, "lighthouse lamp").Evidence).Highlights);

        Assert.Equal((2, 2, "The lighthouse has a lamp."), (highlight.StartLine, highlight.EndLine, highlight.Text));
    }

    [Fact]
    public void The_words_that_are_highlighted_are_those_of_the_page_and_neighbors_are_one()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 40).Select(i => $"The lamp of harbor number {i} is lit."));
        using var sample = new SampleDatastore(("lamps.txt", "Data", lines));

        var highlights = Ask(sample, "harbor lamp").Evidence.SelectMany(evidence => evidence.Highlights).ToList();

        Assert.InRange(highlights.Sum(one => one.Text.Split([' ', '\n']).Length), 50, 100);
        Assert.Contains(highlights, one => one.EndLine > one.StartLine);
    }

    [Fact]
    public void An_exact_identifier_outranks_passages_with_all_of_its_parts()
    {
        using var sample = new SampleDatastore(
            ("a.cs", "Code", "// parse the json, async"),
            ("b.cs", "Code", "var x = 1;\nreturn ParseJsonAsync(stream, options, token);")
        );

        Assert.Equal("b.cs:2-2", Ask(sample, "ParseJsonAsync", topK: 1).Evidence[0].Citation);
        Assert.Equal("b.cs:2-2", Ask(sample, "how does ParseJsonAsync parse json", topK: 1).Evidence[0].Citation);
    }

    [Fact]
    public void Code_ranks_before_the_test_that_repeats_it_unless_tests_are_asked_for()
    {
        const string Line = "connection = pool.Rent(idle);";
        using var sample = new SampleDatastore(("app/PoolTests.cs", "Code", Line), ("src/Pool.cs", "Code", Line));

        Assert.Equal("src/Pool.cs", Ask(sample, "how to rent an idle connection").Evidence[0].Path);
        Assert.Equal("app/PoolTests.cs", Ask(sample, "tests that rent an idle connection").Evidence[0].Path);
    }

    [Fact]
    public void A_quoted_phrase_outranks_its_scattered_words()
    {
        using var sample = new SampleDatastore(
            ("a.txt", "Prose", "The bridge is old, so old; an old old bridge, a bridge of old."),
            ("b.txt", "Prose", "They met near the old bridge at noon, when the market closed and the rain began.")
        );

        Assert.Equal("b.txt", Ask(sample, "who met at \"the old bridge\"?").Evidence[0].Path);
    }

    [Fact]
    public void A_hyphenated_name_decides_in_text_and_is_one_word_of_several_in_code()
    {
        const string Name =
            "The number of vivid-zebra, which is among all these other words that stand here, is seven.";
        const string Words = "special magic numbers: all special magic numbers mentioned in a list of special numbers";
        const string Question = "what are the special magic numbers mentioned for vivid-zebra";
        const string Other =
            "Numbers, in a long line of much that is about something else and never ends, it seems to me.";
        using var text = new SampleDatastore(
            ("name.txt", "Prose", Name),
            ("words.txt", "Prose", Words),
            ("other.txt", "Prose", Other)
        );
        using var code = new SampleDatastore(
            ("name.cs", "Code", Name),
            ("words.cs", "Code", Words),
            ("other.cs", "Code", Other)
        );

        Assert.Equal("name.txt", Ask(text, Question).Evidence[0].Path);
        Assert.Equal("words.cs", Ask(code, Question).Evidence[0].Path);
    }

    [Fact]
    public void A_short_turn_is_found_by_the_words_of_the_turn_before_it()
    {
        using var sample = new SampleDatastore(
            (
                "chat.txt",
                "Transcript",
                "Ann: What color was the kite that you flew?\nBob: Mostly green, I think.\nAnn: Ah.\nBob: Lunch now?\n"
                    + "Ann: Yes, let us go.\nBob: Pasta again?\nAnn: Rice for me.\nBob: Fine."
            )
        );

        var ranked = Rank(sample, "what color was the kite?");

        Assert.Equal([1, 2], ranked.Take(2).Select(hit => hit.Id));
    }

    [Fact]
    public void Code_shares_nothing_with_its_neighbors()
    {
        using var sample = new SampleDatastore(("a.cs", "Code", "void Kite() {}\nvoid Other() {}\nvoid Third() {}"));

        Assert.Single(Rank(sample, "kite"));
    }

    [Fact]
    public void Neighboring_hits_become_one_piece_of_evidence()
    {
        using var sample = new SampleDatastore(
            ("a.txt", "Code", "red fox\nred fox runs\nred fox sleeps\nnothing\nred")
        );

        var result = Ask(sample, "red fox");

        Assert.Equal(["a.txt:1-3", "a.txt:5-5"], result.Evidence.Select(evidence => evidence.Citation).Order());
        Assert.Contains("red fox\nred fox runs\nred fox sleeps", result.Evidence[0].Text);
        Assert.Equal(
            ["a.txt:1-1", "a.txt:2-2", "a.txt:3-3", "a.txt:5-5"],
            result.Ranked.Select(evidence => evidence.Citation).Order()
        );
        Assert.Equal("red fox", result.Ranked[0].Text);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(61)]
    [InlineData(200)]
    public void A_page_never_exceeds_its_budget(int maxTokens)
    {
        using var sample = new SampleDatastore(("a.txt", "Code", s_lines));

        var result = Ask(sample, "harbour cranes", maxTokens);

        Assert.InRange(result.Tokens, 1, maxTokens);
        Assert.Equal(result.Evidence.Sum(evidence => TokenCounter.Count(evidence.Text)), result.Tokens);
    }

    [Fact]
    public void A_passage_larger_than_the_budget_is_cut_at_a_line_and_cited_as_shown()
    {
        using var sample = new SampleDatastore();
        sample.Put("big.txt", "Prose", s_lines, linesPerPassage: 60);

        var result = Ask(sample, "harbour cranes", maxTokens: 100);

        var evidence = Assert.Single(result.Evidence);
        var shown = evidence.Text.Split('\n');
        Assert.Equal(s_lines.Split('\n').Take(shown.Length), shown);
        Assert.Equal($"big.txt:1-{shown.Length}", evidence.Citation);
        Assert.InRange(result.Tokens, 50, 100);
        Assert.Contains(result.Notes, note => note.Contains("cut"));
    }

    [Fact]
    public void A_passage_larger_than_the_budget_is_cut_around_the_line_that_aligns_best()
    {
        using var sample = new SampleDatastore();
        sample.Put("big.txt", "Code", s_lines + "\nThe lighthouse stands there.\nThe end.", linesPerPassage: 62);

        var evidence = Assert.Single(Ask(sample, "lighthouse", maxTokens: 100).Evidence);

        Assert.Equal("The lighthouse stands there.", evidence.Text.Split('\n')[^1]);
        Assert.Equal(61, evidence.EndLine);
        Assert.InRange(evidence.StartLine, 50, 55);
        Assert.Equal((61, 61), (evidence.Highlights[0].StartLine, evidence.Highlights[0].EndLine));
    }

    [Theory]
    [InlineData("hello world", 2)]
    [InlineData("    return x;\n", 4)]
    [InlineData("東京都の天気", 4)]
    [InlineData("", 0)]
    public void Tokens_are_counted_as_agents_count_them(string text, int tokens) =>
        Assert.Equal(tokens, TokenCounter.Count(text));

    [Fact]
    public void One_huge_line_is_cut_inside()
    {
        using var sample = new SampleDatastore(("min.js", "Code", string.Concat(Enumerable.Repeat("needle();", 9000))));

        var result = Ask(sample, "needle", maxTokens: 50);

        Assert.Equal("min.js:1-1", Assert.Single(result.Evidence).Citation);
        Assert.InRange(result.Tokens, 40, 50);
    }

    [Fact]
    public void Pages_show_every_hit_once_in_order()
    {
        using var sample = new SampleDatastore(("a.txt", "Code", s_lines));
        var expected = Rank(sample, "harbour cranes").Count;

        var lines = new List<int>();
        var request = new QueryRequest { Question = "harbour cranes", MaxTokens = 60 };
        using var snapshot = sample.Datastore.Snapshot();
        do
        {
            var page = _retriever.Query(snapshot, request, encoder: null, CancellationToken.None);
            lines.AddRange(page.Evidence.SelectMany(e => Enumerable.Range(e.StartLine, e.EndLine - e.StartLine + 1)));
            request = request with { Cursor = page.NextCursor };
        } while (request.Cursor is not null);

        Assert.Equal(expected, lines.Count);
        Assert.Equal(expected, lines.Distinct().Count());
    }

    [Fact]
    public void A_change_of_the_datastore_ends_its_cursors()
    {
        using var sample = new SampleDatastore(("a.txt", "Code", s_lines));
        var cursor = Ask(sample, "harbour", maxTokens: 50).NextCursor;
        sample.Put("b.txt", "Prose", "More of the harbour.");

        var error = Assert.Throws<ContextException>(() =>
            Ask(sample, new QueryRequest { Question = "harbour", Cursor = cursor })
        );

        Assert.Contains("out of date", error.Message);
    }

    [Fact]
    public void A_path_pattern_restricts_the_search()
    {
        using var sample = new SampleDatastore(("src/a.cs", "Code", "tide"), ("docs/b.md", "Markdown", "tide"));

        var result = Ask(sample, new QueryRequest { Question = "tide", PathGlob = "*.md" });

        Assert.Equal("docs/b.md", Assert.Single(result.Evidence).Path);
        Assert.Equal(1, result.SearchedPassages);
    }

    [Fact]
    public void A_pattern_that_no_document_matches_is_told()
    {
        using var sample = new SampleDatastore(("src/a.cs", "Code", "tide"));

        var result = Ask(sample, new QueryRequest { Question = "tide", PathGlob = "*.rs" });

        Assert.Empty(result.Evidence);
        Assert.Contains(result.Notes, note => note.Contains("path_glob '*.rs'"));
    }

    [Fact]
    public void Nothing_found_and_no_encoder_are_told()
    {
        using var sample = new SampleDatastore(("src/a.cs", "Code", "tide"));

        var notes = string.Join(' ', Ask(sample, "xylophone").Notes);

        Assert.Contains("Nothing was found", notes);
        Assert.Contains("models install", notes);
    }

    [Fact]
    public void An_empty_datastore_is_told()
    {
        using var sample = new SampleDatastore();

        Assert.Contains("empty", Assert.Single(Ask(sample, "tide").Notes));
    }

    [Fact]
    public void Equal_passages_stand_in_the_order_of_path_and_line()
    {
        using var sample = new SampleDatastore(
            ("c.cs", "Code", "same words\nsame words"),
            ("a.cs", "Code", "same words\nsame words"),
            ("b.cs", "Code", "same words\nsame words")
        );

        var ranked = Rank(sample, "same words").Select(hit => hit.Document.Path[^4..]).ToList();

        Assert.Equal(["a.cs", "b.cs", "c.cs"], ranked.Distinct());
        Assert.Equal(
            Rank(sample, "same words").Select(hit => hit.Id),
            Rank(sample, "same words").Select(hit => hit.Id)
        );
    }

    [Theory]
    [InlineData(49, null, "max_tokens is 49")]
    [InlineData(-1, null, "max_tokens is -1")]
    [InlineData(int.MaxValue, null, "max_tokens is 2147483647")]
    [InlineData(4000, 0, "top_k is 0")]
    [InlineData(4000, 1001, "top_k is 1001")]
    public void A_number_out_of_range_is_refused_with_its_name_value_and_range(int maxTokens, int? topK, string says)
    {
        using var sample = new SampleDatastore(("src/a.cs", "Code", "tide"));

        var error = Assert.Throws<ContextException>(() => Ask(sample, "tide", maxTokens, topK));

        Assert.Contains(says, error.Message);
        Assert.Contains("allowed", error.Message);
    }

    [Fact]
    public void Top_k_bounds_the_passages_of_a_page()
    {
        using var sample = new SampleDatastore(("a.txt", "Code", s_lines));

        Assert.Equal(3, Ask(sample, "cranes", topK: 3).Evidence.Sum(e => e.EndLine - e.StartLine + 1));
    }

    private QueryResult Ask(
        SampleDatastore sample,
        string question,
        int maxTokens = 4000,
        int? topK = null,
        string? cursor = null
    ) =>
        Ask(
            sample,
            new QueryRequest
            {
                Question = question,
                MaxTokens = maxTokens,
                TopK = topK,
                Cursor = cursor,
            }
        );

    private QueryResult Ask(SampleDatastore sample, QueryRequest request)
    {
        using var snapshot = sample.Datastore.Snapshot();
        return _retriever.Query(snapshot, request, encoder: null, CancellationToken.None);
    }

    private IReadOnlyList<RankedPassage> Rank(SampleDatastore sample, string question)
    {
        using var snapshot = sample.Datastore.Snapshot();
        return _retriever
            .Rank(snapshot, new QueryRequest { Question = question }, encoder: null, CancellationToken.None)
            .Passages;
    }
}
