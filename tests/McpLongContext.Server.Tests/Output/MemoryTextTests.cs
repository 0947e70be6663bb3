using McpLongContext.Context.Contracts;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Tests.Output;

/// <summary>A memory kind describes itself: output shows what its reports tell, whichever kind it is.</summary>
public sealed class MemoryTextTests
{
    [Theory]
    [InlineData("no adapter", 0, "compressive memory of tinyllama-chat (no adapter): 4,964 tokens, 2 KB")]
    [InlineData(null, 1, "compressive memory of tinyllama-chat: 4,964 tokens, 2 KB, 1 document not in it yet")]
    public void A_datastore_lists_a_memory_with_its_title_and_variant(string? variant, int pending, string expected)
    {
        var memory = new MemorySummary("tinyllama-chat", 4964, 2048, pending)
        {
            Kind = MemoryKind.Infini,
            Title = "compressive memory",
            Variant = variant,
        };

        var text = DatastoreText.Render(new DatastoreSummary { Name = "books", Memories = [memory] });

        Assert.EndsWith($"; {expected}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_without_a_search_tells_its_size_and_its_note()
    {
        var use = new MemoryUse
        {
            Kind = MemoryKind.Infini,
            Title = "compressive memory",
            Tokens = 1200,
            PendingDocuments = 2,
            Job = "memory-1",
            Note = "Its gates are closed.",
        };

        Assert.Equal(
            "\nIn compressive memory (infini): 1,200 tokens; 2 documents not in it yet, built by job memory-1. "
                + "Its gates are closed.",
            AnswerText.Memory(use)
        );
    }

    [Fact]
    public void A_memory_that_was_searched_tells_the_search_and_the_places_attended_to()
    {
        var use = new MemoryUse
        {
            Kind = MemoryKind.Unlimiformer,
            Title = "token memory",
            Tokens = 1200,
            PendingDocuments = 0,
            Mode = "reread",
            IndexBytes = 2048,
            SearchSeconds = 0.5,
            SearchShare = 0.25,
            LocalShare = 0.4,
            Spans = [new AttendedLines("a.txt:1-3", 40, 0.6)],
        };

        var text = AnswerText.Memory(use);

        Assert.StartsWith(
            "\nIn token memory (unlimiformer, reread): 1,200 tokens, 2 KB of keys; searched in 0.50 s",
            text,
            StringComparison.Ordinal
        );
        Assert.EndsWith("\n  60 %\ta.txt:1-3", text, StringComparison.Ordinal);
    }
}
