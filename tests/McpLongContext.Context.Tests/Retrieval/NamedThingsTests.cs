using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>Questions that name a file, a letter, an operator or a code are answered by that very thing.</summary>
public sealed class NamedThingsTests
{
    private readonly SnapshotSearch _retriever = new(
        new DocumentPaths(SampleDatastore.WorkingDirectory),
        TimeProvider.System
    );

    [Theory]
    [InlineData("LOG-crane.txt", "yard/crane/LOG-crane.txt")]
    [InlineData("log-crane.txt", "yard/crane/LOG-crane.txt")]
    [InlineData("what is in yard/lift/valve.c?", "yard/lift/valve.c")]
    [InlineData("what does `lift/valve.c` do with the pressure at night?", "yard/lift/valve.c")]
    [InlineData("summarize ./yard/winch/valve.c, please", "yard/winch/valve.c")]
    [InlineData("see winch/valve.c:1-2", "yard/winch/valve.c")]
    [InlineData(@"yard\winch\valve.c", "yard/winch/valve.c")]
    [InlineData("how does the Makefile build the pressure valve?", "Makefile")]
    [InlineData("show me \"notes of May.md\"", "yard/notes of May.md")]
    [InlineData("what stands in .editorconfig", ".editorconfig")]
    public void A_file_that_is_named_is_first(string question, string path)
    {
        using var sample = new SampleDatastore(
            ("yard/crane/LOG-crane.txt", "Prose", "The pressure is read at night.\nIt is written in the morning."),
            ("yard/lift/LOG-lift.txt", "Prose", "The pressure is read at night.\nIt is written in the morning."),
            ("yard/lift/valve.c", "Code", "static int s_a;\nint open(int x) { return s_a += x; }"),
            ("yard/winch/valve.c", "Code", "static int s_b;\nint open(int x) { return s_b += x; }"),
            ("yard/crane/valve.c", "Code", "static int s_c;\nint open(int x) { return s_c += x; }"),
            ("yard/notes of May.md", "Prose", "The winch is new."),
            ("Makefile", "Data", "all: yard"),
            (".editorconfig", "Data", "root = true"),
            ("docs/build.md", "Prose", "The pressure valve is built by make, and yard/lift/valve.c is compiled first.")
        );

        Assert.Equal(path, Ask(sample, question)[0].Path);
    }

    [Theory]
    [InlineData("what is in Annex C?", "c.txt")]
    [InlineData("annex d", "d.txt")]
    [InlineData("where is Annex A kept?", "a.txt")]
    [InlineData("Annex I", "i.txt")]
    public void A_single_letter_is_heeded(string question, string path)
    {
        using var sample = new SampleDatastore([
            .. "ABCDI".Select(letter =>
                ($"{char.ToLowerInvariant(letter)}.txt", "Prose", $"Annex {letter}: a list of tools and I keep it.")
            ),
        ]);

        Assert.Equal(path, Ask(sample, question)[0].Path);
    }

    [Theory]
    [InlineData("C++ builds", "C++ builds run at noon.")]
    [InlineData("which agent has C# builds?", "C# builds run at noon.")]
    [InlineData("C builds", "C builds run at noon.")]
    [InlineData("F#", "F# builds run at noon.")]
    [InlineData(".NET builds", ".NET builds run at noon.")]
    [InlineData("operator<=", "We overload operator<= here.")]
    [InlineData("what does operator-> do?", "We overload operator-> here.")]
    [InlineData("=>", "The => operator maps.")]
    [InlineData("what is ::?", "The :: operator names.")]
    [InlineData("&&", "The && operator joins.")]
    [InlineData("what does ... do?", "The ... operator spreads.")]
    [InlineData("-x", "Pass -x to skip.")]
    [InlineData("--dry-run", "Pass --dry-run to skip.")]
    [InlineData("$TMPDIR", "It is $TMPDIR then.")]
    [InlineData("@Inject", "It is @Inject then.")]
    [InlineData("0x800F0922", "Code 0x800F0922 is rare.")]
    [InlineData("800F0922", "Code 0x800F0922 is rare.")]
    [InlineData("order 2004711", "Order 2,004,711 was paid.")]
    [InlineData("order 2,004,711", "Order 2,004,711 was paid.")]
    [InlineData("3fa91c0", "commit 3fa91c07d2e4b5a6978812aa34cc56ee78ff9012")]
    [InlineData("what changed in 4.1.9?", "Release v4.1.9 is out.")]
    [InlineData("v4.1.9", "Release v4.1.9 is out.")]
    public void A_sign_or_a_code_is_found_as_it_is_written(string question, string text)
    {
        string[] lines =
        [
            "C++ builds run at noon.",
            "C# builds run at noon.",
            "C builds run at noon.",
            "F# builds run at noon.",
            ".NET builds run at noon.",
            "R builds run at noon.",
            "We overload operator< here.",
            "We overload operator<= here.",
            "We overload operator-> here.",
            "The => operator maps.",
            "The :: operator names.",
            "The && operator joins.",
            "The ... operator spreads.",
            "The -> operator points.",
            "Pass -X to skip.",
            "Pass -x to skip.",
            "Pass --dry-run to skip.",
            "It is $TMPDIR then.",
            "It is TMPDIR then.",
            "It is @Inject then.",
            "Code 0x800F0921 is rare.",
            "Code 0x800F0922 is rare.",
            "Order 2,004,710 was paid.",
            "Order 2,004,711 was paid.",
            "commit 3fa91d07d2e4b5a6978812aa34cc56ee78ff9012",
            "commit 3fa91c07d2e4b5a6978812aa34cc56ee78ff9012",
            "Release v4.1.8 is out.",
            "Release v4.1.9 is out.",
            "Release v4.1.10 is out.",
        ];
        using var sample = new SampleDatastore([.. lines.Select((line, i) => ($"{i:00}.txt", "Prose", line))]);

        Assert.Equal(text, Ask(sample, question)[0].Text);
    }

    [Fact]
    public void The_same_text_is_shown_once_and_its_other_places_are_named()
    {
        const string Text =
            "def backoff(attempt):\n    # waits twice as long after each attempt that failed, up to a minute\n    return min(60, 2 ** attempt)";
        using var sample = new SampleDatastore();
        for (var i = 0; i < 9; i++)
        {
            sample.Put($"vendor{i}/retry.py", "Code", Text + (i % 2 == 0 ? "" : "  "), linesPerPassage: 3);
        }

        sample.Put("rules.md", "Prose", "An attempt that failed is counted.");

        var found = Ask(sample, "how long does it wait after an attempt that failed?");

        Assert.Equal(["vendor0/retry.py", "rules.md"], found.Select(evidence => evidence.Path));
        Assert.Equal(8, found[0].AlsoAtCount);
        Assert.Equal("vendor1/retry.py:1-3", found[0].AlsoAt[0]);
        Assert.Empty(found[1].AlsoAt);
    }

    [Fact]
    public void A_later_page_does_not_show_what_an_earlier_one_did()
    {
        const string Text = "The harbour master keeps the key of the northern gate in the upper drawer of the desk.";
        using var sample = new SampleDatastore(
            ("a.txt", "Prose", Text),
            (
                "b.txt",
                "Prose",
                "The key of the gate is heavy, and the harbour is not to be entered without it at night."
            ),
            ("c.txt", "Prose", Text)
        );
        using var snapshot = sample.Datastore.Snapshot();
        var request = new QueryRequest { Question = "key of the northern gate of the harbour", TopK = 1 };
        var seen = new List<string>();
        for (string? cursor = null; ; )
        {
            var page = Query(snapshot, request with { Cursor = cursor });
            seen.AddRange(page.Evidence.Select(evidence => evidence.Path));
            cursor = page.NextCursor;
            if (cursor is null)
            {
                break;
            }
        }

        Assert.Equal(["a.txt", "b.txt"], seen);
    }

    private QueryResult Query(McpLongContext.Storage.DatastoreSnapshot snapshot, QueryRequest request) =>
        _retriever.Query(snapshot, request, encoder: null, TestContext.Current.CancellationToken);

    private IReadOnlyList<Evidence> Ask(SampleDatastore sample, string question)
    {
        using var snapshot = sample.Datastore.Snapshot();
        return Query(snapshot, new QueryRequest { Question = question }).Evidence;
    }
}
