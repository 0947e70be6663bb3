using McpLongContext.Context.Contracts;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Tests.Output;

public sealed class IngestTextTests
{
    private static readonly IngestReport s_report = new()
    {
        Job = "ingest-1",
        Datastore = "default",
        State = IngestState.Encoding,
        Added = 3,
        Bytes = 2048,
        Passages = 9,
        PendingDocuments = 2,
        SearchableSeconds = 0.5,
    };

    [Fact]
    public void A_job_that_goes_on_says_so_and_names_its_handle()
    {
        Assert.Equal(
            "default: 3 added, 0 updated, 0 unchanged (2 KB, 9 passages in the datastore). Lexically searchable since "
                + "0.5 s; encoding continues in the background, 2 documents to go, job ingest-1.",
            IngestText.Render(s_report)
        );
    }

    [Theory]
    [InlineData(IngestState.Complete)]
    [InlineData(IngestState.LexicalOnly)]
    public void A_memory_that_was_built_is_told_with_or_without_an_encoder(IngestState state)
    {
        var report = s_report with { State = state, Memory = new MemoryProgress("tinyllama-chat", 4964, 4964) };

        Assert.EndsWith(
            " Memory of tinyllama-chat: 4,964 of 4,964 tokens.",
            IngestText.Render(report),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Skipped_files_are_grouped_by_their_reason()
    {
        var report = s_report with
        {
            SkippedCount = 9,
            Skipped =
            [
                .. Enumerable.Range(0, 8).Select(number => new SkippedFile($"{number}.png", "binary")),
                new SkippedFile("a.lock", "lock file"),
            ],
        };

        var text = IngestText.Render(report);

        Assert.Contains(
            "Skipped, binary: 0.png, 1.png, 2.png, 3.png, 4.png and 3 more\n",
            text,
            StringComparison.Ordinal
        );
        Assert.EndsWith("Skipped, lock file: a.lock", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_report_no_longer_names_is_counted()
    {
        var report = s_report with { SkippedCount = 5000, Skipped = [new SkippedFile("a.lock", "lock file")] };

        Assert.EndsWith(
            "Skipped, lock file: a.lock\nSkipped, 4,999 more for these or other reasons: 5,000 files in all.",
            IngestText.Render(report),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_bounded_report_keeps_a_few_of_each_reason_and_tells_how_many_there_were()
    {
        var report = s_report with
        {
            SkippedCount = 10_001,
            Skipped =
            [
                .. Enumerable.Range(0, 10_000).Select(number => new SkippedFile($"{number}.png", "binary")),
                new SkippedFile("a.lock", "lock file"),
            ],
        };

        var bounded = IngestText.Bound(report);

        Assert.Equal(
            ["0.png", "1.png", "2.png", "3.png", "4.png", "a.lock"],
            bounded.Skipped.Select(file => file.Path)
        );
        Assert.Equal(10_001, bounded.SkippedCount);
    }
}
